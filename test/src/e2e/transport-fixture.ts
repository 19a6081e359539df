import type { AddressInfo, Server as NetServer } from 'node:net';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { SecureVersion } from 'node:tls';
import type { Duplex } from 'node:stream';
import { createWsTransport } from '@stormpulse/services';
import type { WsTransportOptions } from '@stormpulse/services';
import type { Link, LinkEvents } from '@stormpulse/kernel';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { createAuthority } from '../doubles/certificates.ts';
import type { CertificateSpec, PemPair, TestAuthority } from '../doubles/certificates.ts';

/** Certificates of one private world: a hub's and an agent's, and whatever else a test asks for. */
export interface World {
  readonly authority: TestAuthority;
  readonly agent: PemPair;
  readonly hub: PemPair;
}

export async function createWorld(): Promise<World> {
  const authority = await createAuthority();
  const agent = await authority.issue({ commonName: 'node-7', use: 'client', uri: 'urn:test:node-7' });
  const hub = await authority.issue({ names: ['localhost', '127.0.0.1'] });
  return { authority, agent, hub };
}

/** A WebSocket hub on loopback; `onUpgrade` takes the upgrade over. */
export async function listen(
  world: World,
  options: {
    readonly pair?: PemPair;
    readonly maxVersion?: SecureVersion;
    readonly onUpgrade?: (socket: Duplex) => void;
    readonly onConnection?: (socket: WebSocket) => void;
    readonly compression?: boolean;
  } = {},
): Promise<{ readonly url: string; readonly server: Server; readonly connections: WebSocket[] }> {
  const pair = options.pair ?? world.hub;
  const server = createServer({
    ...pair,
    ca: world.authority.caPem,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(options.maxVersion === undefined ? {} : { maxVersion: options.maxVersion }),
  });
  const connections: WebSocket[] = [];
  // A peer that turns away is what most of these tests look for.
  server.on('tlsClientError', () => undefined);
  if (options.onUpgrade === undefined) {
    const sockets = new WebSocketServer({ server, path: '/ws/pulse/', perMessageDeflate: options.compression === true });
    sockets.on('connection', (socket) => {
      connections.push(socket);
      socket.on('error', () => undefined);
      options.onConnection?.(socket);
    });
  } else server.on('upgrade', (_request, socket: Duplex) => options.onUpgrade?.(socket));
  return { url: `wss://localhost:${await bind(server)}/ws/pulse/`, server, connections };
}

/** A port of loopback that no program gets by chance: one that was free a moment ago may be another test's by now. */
export const NOBODY_LISTENS = 1;

export async function bind(server: NetServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** What happened on one link of the agent's transport. */
export interface Dialled {
  readonly frames: (string | Uint8Array)[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  readonly link: Link;
}

/** Dials with this world's private CA and agent certificate, unless told otherwise. */
export async function dial(
  world: World,
  url: string,
  options: Partial<WsTransportOptions> & { readonly signal?: AbortSignal } = {},
): Promise<Dialled> {
  const frames: (string | Uint8Array)[] = [];
  let close: (end: { code: number; reason: string }) => void = () => undefined;
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    close = resolve;
  });
  const events: LinkEvents = {
    onFrame: (frame) => frames.push(frame),
    onPong: () => undefined,
    onClose: (code, reason) => close({ code, reason }),
  };
  const transport = createWsTransport({
    url,
    ca: world.authority.caPem,
    credentials: () => world.agent,
    minVersion: 'TLSv1.3',
    requireServerEku: true,
    logger: SILENT,
    ...options,
  });
  const link = await transport.open(events, options.signal ?? new AbortController().signal);
  return { frames, closed, link };
}

/** A hub with a certificate that is wrong in one way. */
export async function listenWith(world: World, spec: CertificateSpec, authority = world.authority): ReturnType<typeof listen> {
  return await listen(world, { pair: await authority.issue(spec) });
}

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
