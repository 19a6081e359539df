import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Socket } from 'node:net';
import { ConnProxy } from './errors.ts';

const STAGE_MS = 10_000;
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_REASON_CHARS = 80;

/** An HTTP proxy of the host's file; the environment names none (SEC-003). */
export interface ProxyOptions {
  /** `http://host:port`. */
  readonly url: string;
  /** The value of `Proxy-Authorization`, read at each dial. */
  readonly authorization?: (() => string) | undefined;
}

/**
 * A tunnel to the hub: what goes through it is TLS end to end, so the proxy sees where this agent goes and no more. Each of
 * connecting and answering has its time (SEC-004). Rejects with `E_CONN_PROXY`.
 */
export function openTunnel(
  proxy: ProxyOptions,
  target: { readonly host: string; readonly port: number },
  signal: AbortSignal,
  stageMs: number = STAGE_MS,
): Promise<Socket> {
  const authority = `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
  return new Promise((resolve, reject) => {
    let timer: NodeJS.Timeout | undefined;
    const url = new URL(proxy.url);
    const authorization = attempt(proxy.authorization);
    if (authorization instanceof Error) {
      reject(ConnProxy({ proxy: url.host, reason: authorization.message, fix: 'check proxy_authorization_file' }));
      return;
    }
    const request = httpRequest({
      host: url.hostname.replaceAll(/^\[|\]$/gu, ''),
      port: url.port === '' ? 80 : Number(url.port),
      method: 'CONNECT',
      path: authority,
      agent: false,
      signal,
      maxHeaderSize: MAX_HEADER_BYTES,
      headers: { host: authority, ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }) },
    });
    const refuse = (reason: string, fix: string, cause?: unknown): void => {
      clearTimeout(timer);
      request.destroy();
      reject(ConnProxy({ proxy: url.host, reason, fix }, { cause }));
    };
    const enter = (stage: string): void => {
      clearTimeout(timer);
      timer = setTimeout(() => refuse(`it did not finish ${stage} within ${stageMs} ms`, CHECK), stageMs);
    };
    enter('the TCP connection');
    request.once('socket', (socket) => socket.once('connect', () => enter('its answer')));
    request.once('error', (error) => refuse(error.message.slice(0, 200), CHECK, error));
    request.once('connect', (response, socket, head) => {
      clearTimeout(timer);
      const status = response.statusCode ?? 0;
      if (status < 200 || status > 299) {
        socket.destroy();
        refuse(`it answered HTTP ${status}${phrase(response)}`, FIXES[status] ?? CHECK);
      } else if (head.length > 0) {
        // The hub speaks only after this agent has: these bytes are not its.
        socket.destroy();
        refuse(`it sent ${head.length} bytes before the hub could`, CHECK);
      } else resolve(socket);
    });
    request.end();
  });
}

const CHECK = 'check proxy under [dashboard]';
const FIXES: Readonly<Record<number, string>> = {
  403: 'allow this host to reach the hub there',
  407: 'it wants a name and a password: write proxy_authorization_file under [dashboard], or check what is in it',
  502: 'it cannot reach the hub: check url under [dashboard], and what the proxy may reach',
  503: 'it cannot reach the hub: check url under [dashboard], and what the proxy may reach',
  504: 'it cannot reach the hub: check url under [dashboard], and what the proxy may reach',
};

function attempt(read: (() => string) | undefined): string | Error | undefined {
  try {
    return read?.();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function phrase({ statusMessage = '' }: IncomingMessage): string {
  const text = statusMessage.replaceAll(/[^\x20-\x7e]+/gu, ' ').trim();
  return text === '' ? '' : ` (${text.slice(0, MAX_REASON_CHARS)})`;
}
