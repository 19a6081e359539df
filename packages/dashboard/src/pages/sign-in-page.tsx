import { SetupCodeHelp } from '../parts/setup-code-help.tsx';

/** This browser has no session: there is no password to ask for, only the link the hub printed. */
export function SignInPage() {
  return (
    <main className="lone" data-testid="sign-in">
      <h1>Storm Pulse</h1>
      <h2>Open the one-time link</h2>
      <p>The hub printed a link when it started. Open it in this browser to sign in; it ends in</p>
      <pre className="line">/setup#…</pre>
      <SetupCodeHelp />
    </main>
  );
}
