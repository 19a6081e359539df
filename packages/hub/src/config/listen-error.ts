import { HubError } from '../errors.ts';
import type { ListenAddress } from './options.ts';

/** What a person can do about an address that cannot be had. */
export function listenError(error: NodeJS.ErrnoException, { host, port }: ListenAddress, option: string): HubError {
  const why = error.code === 'EADDRINUSE' ? 'is used by another program' : `cannot be used (${error.message})`;
  return new HubError(
    'E_LISTEN',
    503,
    `port ${port} on ${host} ${why}; stop that program or choose another with ${option} HOST:PORT`,
    {
      cause: error,
    },
  );
}
