import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';
import { ConnRefused } from './errors.ts';
import { hubTlsOptions, wayTo } from './hub-tls.ts';
import type { ClientPair, HubTls } from './hub-tls.ts';
import { dialFailure } from './tls-failure.ts';

const EXCHANGE_MS = 30_000;
const MAX_ANSWER_BYTES = 64 * 1024;

export interface HubAnswer {
  readonly status: number;
  readonly text: string;
}

/** One HTTP exchange with the hub, at the host and port of its socket, over mTLS with `pair`. No redirect is followed. */
export type HubRequest = (
  request: { readonly method: 'GET' | 'POST'; readonly path: string; readonly body?: string; readonly pair: ClientPair },
  signal: AbortSignal,
) => Promise<HubAnswer>;

export interface HubRequestOptions extends HubTls {
  /** The `wss://…` address in use. */
  readonly url: () => string;
  /** The whole exchange; 30,000 unless told. */
  readonly timeoutMs?: number;
}

/** Rejects with `E_CONN_*`. */
export function createHubRequest(options: HubRequestOptions): HubRequest {
  const { timeoutMs = EXCHANGE_MS } = options;
  return async ({ method, path, body = '', pair }, signal) => {
    const url = new URL(path, options.url().replace(/^wss:/u, 'https:'));
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const way = await wayTo(url, options, limited);
    return await new Promise<HubAnswer>((resolve, reject) => {
      const fail = (error: Error): void => {
        if (!limited.aborted) reject(dialFailure(url.href, error, true));
        else reject(ConnRefused({ url: url.href, reason: `no whole answer within ${timeoutMs / 1_000} s` }, { cause: error }));
      };
      const request = httpsRequest(url, {
        method,
        ...(way.createConnection === undefined ? { agent: false } : (way as Pick<RequestOptions, 'createConnection'>)),
        signal: limited,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        ...hubTlsOptions(options, pair),
      });
      request.once('error', fail);
      request.once('response', (response) => {
        readAnswer(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), fail);
      });
      request.end(body);
    });
  };
}

async function readAnswer(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
