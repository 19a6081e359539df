import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Logger } from '@stormpulse/plugin-api';
import { WebSocket } from 'ws';
import type { ClientOptions } from 'ws';
import { ConnTimeout, ConnUpgrade } from './errors.ts';
import { hubTlsOptions, readCredentials, wayTo } from './hub-tls.ts';
import type { ClientPair, HubTls } from './hub-tls.ts';
import type { Link, LinkEvents, Transport } from '@stormpulse/kernel';
import { refusalOfOwn } from './own-certificate.ts';
import { dialFailure } from './tls-failure.ts';

/** SEC-026: largest frame the agent takes, and the most fragments of one message. */
const MAX_FRAME_BYTES = 2 * 1024 * 1024;
const MAX_FRAGMENTS = 64;
/** SEC-004: each stage of the dial. */
const STAGE_MS = 10_000;
const KEEP_ALIVE_MS = 20_000;
const TLS = 'the TLS handshake';
const UPGRADE = 'the WebSocket upgrade';

export interface WsTransportOptions extends HubTls {
  /** `wss://…`, dialled exactly as written: no redirect, no proxy but the one of the host's file (SEC-003). */
  readonly url: string;
  /** Read at each dial, so that a renewed pair is used without a restart. */
  readonly credentials: () => ClientPair;
  readonly logger: Logger;
  /** Limit of each stage of the dial; 10,000 unless told (SEC-004). */
  readonly stageMs?: number;
}

/** Dials the hub over mTLS. Every option that matters is written out, whatever the library's default. */
export function createWsTransport(options: WsTransportOptions): Transport {
  return {
    async open(events, signal) {
      const pair = readCredentials(options.credentials);
      const way = await wayTo(new URL(options.url), options, signal, options.stageMs);
      return await dial(options, { pair, way }, events, signal);
    },
  };
}

/** Read and opened before the dial. */
interface Prepared {
  readonly pair: ClientPair;
  readonly way: Awaited<ReturnType<typeof wayTo>>;
}

function dial(options: WsTransportOptions, prepared: Prepared, events: LinkEvents, signal: AbortSignal): Promise<Link> {
  const { url, stageMs = STAGE_MS } = options;
  return new Promise((resolve, reject) => {
    let settled = false;
    let opened = false;
    let stage: NodeJS.Timeout | undefined;
    let stageName = '';
    /** Why this side ended the link; the close event itself then only says 1006. */
    let fault = '';
    const socket = new WebSocket(
      url,
      dialOptions(options, prepared, (name) => enter(name)),
    );
    const enter = (name: string): void => {
      clearTimeout(stage);
      stageName = name;
      if (!settled) stage = setTimeout(() => fail(ConnTimeout({ url, stage: name, ms: stageMs })), stageMs);
    };
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      clearTimeout(stage);
      signal.removeEventListener('abort', abort);
      return true;
    };
    const fail = (error: Error): void => {
      if (!settle()) return;
      socket.terminate();
      reject(stageName === UPGRADE ? refusalOfOwn(url, error, prepared.pair.cert) : error);
    };
    const abort = (): void => fail(signal.reason instanceof Error ? signal.reason : new Error('the dial was given up'));

    enter(prepared.way.createConnection === undefined ? 'the TCP connection' : TLS);
    // After 'open' an error is always followed by 'close', which carries the code that decides.
    socket.on('error', (error) => {
      if (!settled) {
        fail(dialFailure(url, error, stageName === UPGRADE));
        return;
      }
      fault = error.message;
      options.logger.debug({ err: error }, 'socket error');
    });
    socket.on('unexpected-response', (_request, response: IncomingMessage) => {
      response.resume();
      fail(ConnUpgrade({ url, status: response.statusCode ?? 0 }));
    });
    socket.on('open', () => {
      opened = settle();
      if (opened) resolve(linkOf(socket));
    });
    socket.on('message', (data, isBinary) => events.onFrame(isBinary ? (data as Buffer) : (data as Buffer).toString('utf8')));
    socket.on('pong', () => events.onPong());
    socket.on('close', (code, reason) => {
      const words = reason.length === 0 ? fault : reason.toString('utf8');
      if (opened) events.onClose(code, words.slice(0, 123));
    });
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

function dialOptions(options: WsTransportOptions, { pair, way }: Prepared, enter: (stage: string) => void): ClientOptions {
  const { checkServerIdentity, ...tls } = hubTlsOptions(options, pair);
  return {
    ...tls,
    ...(way as Pick<ClientOptions, 'createConnection'>),
    // ws publishes this as a predicate; Node's TLS, which calls it, takes the error that tells why.
    checkServerIdentity: checkServerIdentity as unknown as NonNullable<ClientOptions['checkServerIdentity']>,
    perMessageDeflate: false,
    skipUTF8Validation: false,
    followRedirects: false,
    maxPayload: MAX_FRAME_BYTES,
    maxFragments: MAX_FRAGMENTS,
    finishRequest: (request) => {
      request.on('socket', (socket) => {
        socket.setKeepAlive(true, KEEP_ALIVE_MS);
        socket.once('connect', () => enter(TLS));
        (socket as TLSSocket).once('secureConnect', () => enter(UPGRADE));
      });
      request.end();
    },
  };
}

function linkOf(socket: WebSocket): Link {
  return {
    send(text) {
      if (socket.readyState !== WebSocket.OPEN) throw new Error('the link is closed');
      socket.send(text);
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    ping: () => socket.ping(),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
}
