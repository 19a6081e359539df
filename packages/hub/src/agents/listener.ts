import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { Authority } from '../ca/authority.ts';
import { listenError } from '../config/listen-error.ts';
import type { HubLog, ListenAddress } from '../config/options.ts';
import { HubError, messageOf } from '../errors.ts';
import type { EnrolAnswer, EnrolRequest } from './enroll.ts';
import type { Gateway } from './gateway.ts';
import type { Identify, PeerIdentity } from './identity.ts';
import { createRateLimit } from './rate-limit.ts';
import type { RenewAnswer, RenewRequest } from './renew.ts';
import { readBody } from './request-body.ts';

/** The one port agents talk to: `/api/enroll/` without, `/api/renew/` and `/ws/pulse/` with a client certificate (design, D1). */
export interface AgentsListener {
  /** Where it really listens. */
  readonly address: ListenAddress;
  close(): Promise<void>;
}

interface ListenerPorts {
  readonly authority: Authority;
  readonly gateway: Gateway;
  readonly enrol: (request: EnrolRequest) => Promise<EnrolAnswer>;
  readonly identify: Identify;
  readonly renew: (request: RenewRequest) => Promise<RenewAnswer>;
  readonly log: HubLog;
}

interface ListenerOptions {
  readonly listen: ListenAddress;
  readonly names: readonly string[];
  readonly minTlsVersion: 'TLSv1.2' | 'TLSv1.3';
}

const ENROL_PATH = '/api/enroll/';
const RENEW_PATH = '/api/renew/';
const REQUESTS_PER_MINUTE = 300;

export async function openAgentsListener(ports: ListenerPorts, options: ListenerOptions): Promise<AgentsListener> {
  const { authority, gateway, enrol, identify, renew, log } = ports;
  const { chainPem, keyPem } = await authority.serverFor(options.names);
  const allow = createRateLimit(REQUESTS_PER_MINUTE, 60_000);
  const server = createServer({
    key: keyPem,
    cert: chainPem,
    ca: [...authority.clientCaPem],
    requestCert: true,
    // Enrolment comes without a certificate; the gateway asks `authorized` of every socket.
    rejectUnauthorized: false,
    minVersion: options.minTlsVersion,
    handshakeTimeout: 10_000,
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 5_000,
    maxHeaderSize: 16 * 1024,
  });
  server.on('request', (request, response) => {
    answer(request, response).catch((error: unknown) => log.error({ error: messageOf(error) }, 'an answer to an agent failed'));
  });
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => log.info({ error: messageOf(error) }, 'agent socket error'));
    gateway.upgrade(request, socket, head);
  });
  server.on('tlsClientError', (error, socket) => {
    log.info({ address: socket.remoteAddress ?? 'unknown', error: messageOf(error) }, 'TLS handshake refused');
    socket.destroy();
  });

  async function answerTo(request: IncomingMessage, address: string): Promise<EnrolAnswer | RenewAnswer> {
    const path = request.url?.split('?')[0];
    if (path !== ENROL_PATH && path !== RENEW_PATH) throw new HubError('E_NOT_FOUND', 404, 'there is nothing here');
    const peer = path === RENEW_PATH ? renewing(request) : undefined;
    if (request.method !== 'POST') throw new HubError('E_METHOD', 405, 'only POST is answered here');
    if (!allow(address)) throw new HubError('E_RATE', 429, 'too many requests from this address; wait a minute');
    const body = await readBody(request);
    if (peer !== undefined) return await renew({ peer, body, address });
    return await enrol({ body, features: String(request.headers['stormpulse-features'] ?? ''), address });
  }

  function renewing(request: IncomingMessage): PeerIdentity {
    const peer = identify(request.socket);
    if (!('refused' in peer)) return peer;
    log.warn({ address: request.socket.remoteAddress ?? 'unknown', why: peer.refused }, 'renewal refused');
    throw new HubError('E_RENEW_IDENTITY', 403, `a renewal needs the agent's own certificate: ${peer.refused}`);
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const address = request.socket.remoteAddress ?? 'unknown';
    try {
      send(response, 200, await answerTo(request, address));
    } catch (error) {
      const known =
        error instanceof HubError ? error : new HubError('E_INTERNAL', 500, 'the hub failed; its log says why', { cause: error });
      if (known.status >= 500) log.error({ error: messageOf(error) }, 'a request of an agent failed');
      // v1 agents show the text of `error`.
      send(response, known.status, { error: known.message, code: known.code });
    }
  }

  const address = await listenOn(server, options.listen, '--agents-listen');
  return {
    address,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
}

/** Listens, or says which option to change. */
async function listenOn(server: Server, { host, port }: ListenAddress, option: string): Promise<ListenAddress> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, { host, port }, option)));
    server.listen(port, host, () => resolve());
  });
  const bound = server.address();
  return { host, port: typeof bound === 'object' && bound !== null ? bound.port : port };
}

function send(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    connection: 'close',
    ...(status === 429 ? { 'retry-after': '60' } : {}),
  });
  response.end(text);
}
