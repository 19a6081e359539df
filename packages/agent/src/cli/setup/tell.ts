import type { Outcome } from '@stormpulse/wizard';
import type { SetupDeps } from './setup-deps.ts';

/** Says what failed, and what became of what was begun. Gives the outcome on. */
export function tell(outcome: Outcome, print: SetupDeps['print']): Outcome {
  const { failures, status, title } = outcome;
  for (const failure of failures) print(`failed: ${failure}`);
  if (status === 'rolled_back') print(`${title}: everything that was begun was taken back`);
  if (status === 'partial_rollback')
    print(`${title}: not everything could be taken back; when that is mended: stormpulse doctor --recover`);
  return outcome;
}

/** A user's services end with the last session, unless they linger. */
export async function tellLingering({ paths, programs, print, env }: SetupDeps): Promise<void> {
  const loginctl = programs.find('loginctl');
  if (paths.mode === 'system' || loginctl === undefined) return;
  const user = env['USER'] ?? String(process.geteuid?.() ?? '');
  const { stdout } = await programs.run(loginctl, ['show-user', user, '--property=Linger', '--value']);
  if (stdout.trim() !== 'yes')
    print(`it ends when you log out; so that it does not, root says once: loginctl enable-linger ${user}`);
}
