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

/** Over the host's sockets. Certificates are checked against Node's roots, whatever the environment says. */
export function createHttpExchange(): HttpExchange {
  const agents = { http: new HttpAgent({ maxSockets: MAX_SOCKETS }), https: new HttpsAgent({ maxSockets: MAX_SOCKETS }) };
  return (outgoing) =>
    new Promise((resolve, reject) => {
      const { origin, lasting } = outgoing;
      const agent = lasting ? false : agents[origin.scheme === 'https' ? 'https' : 'http'];
      const request = begin(origin, { ...asOptions(outgoing), agent });
      request.once('error', reject);
      request.once('response', (response: IncomingMessage) => {
        // What breaks off from now on is told to whoever reads the body.
        request.on('error', () => undefined);
        resolve({ status: response.statusCode ?? 0, body: response as AsyncIterable<Uint8Array> });
      });
      request.end(outgoing.body);
    });
}

function begin(origin: Origin, options: RequestOptions): ClientRequest {
  if (origin.scheme === 'https') return httpsRequest({ ...options, rejectUnauthorized: true });
  return httpRequest(options);
}

function asOptions({ origin, method, path, headers, signal }: HttpOutgoing): RequestOptions {
  const where = origin.scheme === 'unix' ? { socketPath: origin.socketPath } : { host: origin.host, port: origin.port };
  return { ...where, method, path, headers: origin.scheme === 'unix' ? { host: 'localhost', ...headers } : headers, signal };
}
