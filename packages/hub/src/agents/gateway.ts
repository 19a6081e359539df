import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import type { Dispatch } from '../commands/dispatch.ts';
import type { Clock, GatewayTimes, HubLog } from '../config/options.ts';
import { messageOf } from '../errors.ts';
import type { Identify } from './identity.ts';
import type { Inbound } from './inbound.ts';
import { AgentLink } from './link.ts';
import type { LinkWatch } from './link-watch.ts';
import type { Presence } from './presence.ts';

/** The agents' WebSocket endpoint: admits, binds the identity, routes frames (hub page 5.1). */
export interface Gateway {
  /** The link of a connected and registered agent. */
  link(agentId: string): AgentLink | undefined;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes every link; resolves once they are gone, or were cut after the deadline. */
  close(deadlineMs: number): Promise<void>;
}

interface GatewayPorts {
  readonly identify: Identify;
  readonly presence: Presence;
  readonly dispatch: Dispatch;
  readonly inbound: Inbound;
  readonly watch: LinkWatch;
  readonly clock: Clock;
  readonly times: GatewayTimes;
  readonly log: HubLog;
}

export const GATEWAY_PATH = '/ws/pulse/';
const MAX_FRAME_BYTES = 4 * 1024 * 1024;
const MAX_FRAGMENTS = 64;
const POLICY = 1008;
const INTERNAL = 1011;
const GOING_AWAY = 1001;

export function createGateway(ports: GatewayPorts): Gateway {
  const { identify, presence, dispatch, inbound, watch, clock, times, log } = ports;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
    maxFragments: MAX_FRAGMENTS,
  });

  function welcome(socket: WebSocket, agentId: string, address: string): void {
    const link = new AgentLink(agentId, address, socket, { clock, numbers: watch(agentId) });
    const registerTimer = setTimeout(() => {
      if (link.negotiated === undefined) link.close(POLICY, 'no register within its time');
    }, times.registerTimeoutMs);
    const stopPings = keepAlive(socket, times.pingIntervalMs);
    socket.on('message', (data, isBinary) => receive(link, data, isBinary));
    socket.on('error', (error) => log.info({ agent: agentId, error: messageOf(error) }, 'agent socket error'));
    socket.on('close', (code) => {
      clearTimeout(registerTimer);
      stopPings();
      log.info({ agent: agentId, code }, 'agent disconnected');
      forget(link);
    });
  }

  function admit(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.url?.split('?')[0] !== GATEWAY_PATH) return refuse(socket, '404 Not Found');
    const identity = identify(socket);
    if ('refused' in identity) {
      log.warn({ address: addressOf(request), why: identity.refused }, 'agent refused');
      return refuse(socket, '403 Forbidden');
    }
    return server.handleUpgrade(request, socket, head, (webSocket) => welcome(webSocket, identity.agentId, addressOf(request)));
  }

  function forget(link: AgentLink): void {
    try {
      if (presence.leave(link)) dispatch.disconnected(link.agentId);
    } catch (error) {
      log.error({ agent: link.agentId, error: messageOf(error) }, 'the end of a link was not stored');
    }
  }

  function receive(link: AgentLink, data: RawData, isBinary: boolean): void {
    if (link.closing) return;
    try {
      if (isBinary) link.close(1003, 'text frames only');
      else inbound(link, textOf(data));
    } catch (error) {
      log.error({ agent: link.agentId, error: messageOf(error) }, 'a message was not stored; the agent will send it again');
      link.close(INTERNAL, 'the hub could not store a message');
    }
  }

  return {
    link: (agentId) => presence.link(agentId),
    upgrade(request, socket, head) {
      try {
        admit(request, socket, head);
      } catch (error) {
        log.error({ address: addressOf(request), error: messageOf(error) }, 'an agent could not be let in');
        refuse(socket, '503 Service Unavailable');
      }
    },
    async close(deadlineMs) {
      for (const client of server.clients) client.close(GOING_AWAY, 'the hub stops');
      await allClosed(server, deadlineMs);
      server.close();
    },
  };
}

/** Pings a peer that said nothing for an interval, and cuts it when the next one passes in silence too. Returns its own undo. */
function keepAlive(socket: WebSocket, intervalMs: number): () => void {
  let silentIntervals = 0;
  const heard = (): void => {
    silentIntervals = 0;
  };
  socket.on('message', heard);
  socket.on('ping', heard);
  socket.on('pong', heard);
  const timer = setInterval(() => {
    silentIntervals += 1;
    if (silentIntervals > 2) socket.terminate();
    else if (silentIntervals === 2) socket.ping();
  }, intervalMs);
  return () => clearInterval(timer);
}

async function allClosed(server: WebSocketServer, deadlineMs: number): Promise<void> {
  const closing = [...server.clients].map((client) => new Promise<void>((resolve) => void client.once('close', () => resolve())));
  const timer = setTimeout(() => {
    for (const client of server.clients) client.terminate();
  }, deadlineMs);
  await Promise.all(closing);
  clearTimeout(timer);
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? 'unknown';
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return Buffer.isBuffer(data) ? data.toString('utf8') : Buffer.from(data).toString('utf8');
}
