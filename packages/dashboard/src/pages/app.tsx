import { useQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import type { Client } from '../api/client.ts';
import { ApiError } from '../api/problem.ts';
import { meQuery } from '../api/queries.ts';
import { agentAddress, parseRoute, type Route } from '../model/route.ts';
import type { Clock } from '../parts/clock.ts';
import { HubContext } from '../parts/hub-context.tsx';
import { Failure, Loading } from '../parts/notice.tsx';
import { useFleetStream } from '../parts/use-fleet-stream.ts';
import { LivePage } from './live-page.tsx';
import { SetupPage } from './setup-page.tsx';
import { SignInPage } from './sign-in-page.tsx';

interface Props {
  readonly client: Client;
  readonly clock: Clock;
}

/** Chooses the page by the address and by whether this browser has a session. */
export function App({ client, clock }: Props) {
  const [route, setRoute] = useState<Route>(() => parseRoute(location));
  const me = useQuery({ ...meQuery(client), enabled: route.page === 'live' });
  const signedOut = me.error instanceof ApiError && me.error.status === 401;
  const stream = useFleetStream(me.data !== undefined && !signedOut);

  useEffect(() => {
    const follow = () => setRoute(parseRoute(location));
    addEventListener('popstate', follow);
    addEventListener('hashchange', follow);
    return () => {
      removeEventListener('popstate', follow);
      removeEventListener('hashchange', follow);
    };
  }, []);

  const signedIn = useCallback(() => {
    history.replaceState(null, '', '/');
    setRoute(parseRoute(location));
  }, []);

  const choose = useCallback((agent: string) => {
    history.pushState(null, '', agentAddress(agent));
    setRoute(parseRoute(location));
  }, []);

  return (
    <HubContext value={{ client, clock, stream }}>
      {route.page === 'setup' ? (
        <SetupPage code={route.code} onDone={signedIn} />
      ) : signedOut ? (
        <SignInPage />
      ) : me.data !== undefined ? (
        <LivePage wanted={route.agent} onChoose={choose} />
      ) : (
        <main className="lone">
          <h1>Storm Pulse</h1>
          {me.isError ? (
            <Failure what="this page" error={me.error} onRetry={() => void me.refetch()} />
          ) : (
            <Loading what="the hub" />
          )}
        </main>
      )}
    </HubContext>
  );
}
