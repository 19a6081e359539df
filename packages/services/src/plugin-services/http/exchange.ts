import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Origin } from './origin.ts';

/** A request that was checked and is complete. */
export interface HttpOutgoing {
  readonly origin: Origin;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** It may go on for ever, so it takes no other's place. */
  readonly lasting: boolean;
  /** Ends it at any point, the answer included. */
  readonly signal: AbortSignal;
}

/** The head of an answer, and its body as it comes: reading slowly slows the sender down. */
export interface HttpIncoming {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** One request and its answer. Follows nothing, interprets nothing; rejects with what the socket says. */
export type HttpExchange = (request: HttpOutgoing) => Promise<HttpIncoming>;

/** At once to one origin; the others wait for their turn, within their own deadline. */
const MAX_SOCKETS = 16;
/** A reading asks dozens of times in a row; between two readings no connection is held. */
const IDLE_SOCKET_MS = 1_000;
const POOL = { maxSockets: MAX_SOCKETS, keepAlive: true, timeout: IDLE_SOCKET_MS };

/** Over the host's sockets. Certificates are checked against Node's roots, whatever the environment says. */
export function createHttpExchange(): HttpExchange {
  const agents = { http: new HttpAgent(POOL), https: new HttpsAgent(POOL) };

  const attempt = (outgoing: HttpOutgoing, mayRepeat: boolean): Promise<HttpIncoming> =>
    new Promise((resolve, reject) => {
      const { origin, lasting, signal } = outgoing;
      const agent = lasting ? false : agents[origin.scheme === 'https' ? 'https' : 'http'];
      const request = begin(origin, { ...asOptions(outgoing), agent });
      let failed = (error: Error): void => {
        if (mayRepeat && isStale(request, error)) resolve(attempt(outgoing, false));
        else reject(error);
      };
      request.on('error', (error) => failed(error));
      request.once('response', (response: IncomingMessage) => {
        // What breaks off from now on is told to whoever reads the body.
        failed = () => undefined;
        resolve({ status: response.statusCode ?? 0, body: response as AsyncIterable<Uint8Array> });
      });
      // Given to `request`, the signal would cost it more than all the rest of it.
      const end = (): void => void request.destroy(signal.reason as Error);
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      else request.end(outgoing.body);
    });
  return (outgoing) => attempt(outgoing, outgoing.method === 'GET' && outgoing.body === undefined);
}

/** The peer closed a connection that was kept, as it may, while the request was on its way. */
function isStale({ reusedSocket }: ClientRequest, error: Error): boolean {
  return reusedSocket && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function begin(origin: Origin, options: RequestOptions): ClientRequest {
  if (origin.scheme === 'https') return httpsRequest({ ...options, rejectUnauthorized: true });
  return httpRequest(options);
}

function asOptions({ origin, method, path, headers }: HttpOutgoing): RequestOptions {
  const where = origin.scheme === 'unix' ? { socketPath: origin.socketPath } : { host: origin.host, port: origin.port };
  return { ...where, method, path, headers: origin.scheme === 'unix' ? { host: 'localhost', ...headers } : headers };
}
