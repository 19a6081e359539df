import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';

/** Where Docker listens, and Podman in its stead. */
const ENGINE = '/var/run/docker.sock';
const PATIENCE_MS = 2_000;

/** Whether a container engine of this machine answers this user; the socket of one that has ended stays behind. */
export async function isEngineHere(socketPath = ENGINE): Promise<boolean> {
  const ping = request({ socketPath, path: '/_ping', agent: false, signal: AbortSignal.timeout(PATIENCE_MS) });
  ping.end();
  try {
    const [response] = (await once(ping, 'response')) as [IncomingMessage];
    return response.statusCode === 200;
  } catch {
    return false;
  } finally {
    ping.on('error', () => undefined).destroy();
  }
}
