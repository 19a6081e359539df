import { createContext, useContext } from 'react';
import type { Client } from '../api/client.ts';
import type { StreamState } from '../api/stream.ts';
import type { Clock } from './clock.ts';

/** What every part may need: the way to the hub, the time, and whether the stream stands. */
export interface Hub {
  readonly client: Client;
  readonly clock: Clock;
  readonly stream: StreamState;
}

export const HubContext = createContext<Hub | null>(null);

export function useHub(): Hub {
  const hub = useContext(HubContext);
  if (hub === null) throw new Error('This part is outside HubContext. Render it below <App>.');
  return hub;
}
