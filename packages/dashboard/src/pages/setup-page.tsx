import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { ApiError } from '../api/problem.ts';
import { HostText } from '../parts/host-text.tsx';
import { useHub } from '../parts/hub-context.tsx';
import { Loading, Notice } from '../parts/notice.tsx';
import { SetupCodeHelp } from '../parts/setup-code-help.tsx';

interface Props {
  readonly code: string;
  /** The code was taken, or this browser is signed in already. */
  readonly onDone: () => void;
}

/** Exchanges the one-time code of the link for a session; once, however often this renders. */
export function SetupPage({ code, onDone }: Props) {
  const { client } = useHub();
  const exchange = useQuery({
    queryKey: ['setup', code],
    retry: false,
    staleTime: Infinity,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
    queryFn: async () => {
      try {
        await client.setup(code);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status === 0) throw error;
        // A used link opened again in the browser that used it: the session stands, so nothing is wrong.
        await client.me().catch(() => {
          throw error;
        });
      }
      return true;
    },
  });
  useEffect(() => {
    if (exchange.isSuccess) onDone();
  }, [exchange.isSuccess, onDone]);

  return (
    <main className="lone">
      <h1>Storm Pulse</h1>
      {exchange.isError ? (
        <Notice title="This link does not sign you in" tone="bad">
          <p>
            <HostText
              text={
                exchange.error instanceof ApiError ? `${exchange.error.title}. ${exchange.error.detail}` : String(exchange.error)
              }
              maxChars={400}
            />
          </p>
          {exchange.error instanceof ApiError && exchange.error.status === 0 ? (
            <button type="button" className="primary" onClick={() => void exchange.refetch()}>
              Try again
            </button>
          ) : (
            <SetupCodeHelp />
          )}
        </Notice>
      ) : (
        <Loading what="the session" lines={1} />
      )}
    </main>
  );
}
