import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { PemPair } from './certificates.ts';
import { Inbox } from './inbox.ts';
import { envelope, signedRequest, signedSequence } from './v1-wire.ts';
import type { WireMessage } from './v1-wire.ts';

/** Only a failure takes all of it. */
const ARRIVAL_MS = 40_000;

/** How the double behaves; the defaults are those of a v1 hub at its plainest. */
export interface V1HubOptions {
  readonly server: PemPair;
  /** The CA of the agents' certificates. */
  readonly clientCaPem: string;
  readonly agentId: string;
  readonly hmacKey: Buffer;
  /** What the acknowledgements carry as `agent_id`; v1 does not look at it. */
  readonly ackAgentId?: string;
  readonly acknowledges?: boolean;
}

/** One connection of an agent. */
export interface HubSide {
  readonly inbox: Inbox;
  /** The client certificate's common name. */
  readonly commonName: string;
  send(frame: string | Buffer | WireMessage): void;
  close(code: number, reason?: string): void;
  /** Resolves with the code the link ended with. */
  readonly closed: Promise<number>;
}

/**
 * A hub that speaks protocol v1 and nothing more, written from the wire page (sections 1 to 3, appendix B): it never sends
 * `register.ok`, acknowledges without saying what, and knows no features.
 */
export class V1Hub {
  readonly links: HubSide[] = [];
  readonly #options: V1HubOptions;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  #port = 0;
  readonly #arrivals: ((link: HubSide) => void)[] = [];

  private constructor(options: V1HubOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.#sockets = new WebSocketServer({ server, path: '/ws/pulse/', perMessageDeflate: false, maxPayload: 64 * 1024 * 1024 });
    this.#sockets.on('connection', (socket, request) => this.#accept(socket, request.socket as TLSSocket));
  }

  static async start(options: V1HubOptions): Promise<V1Hub> {
    const { cert, key } = options.server;
    const server = createServer({ cert, key, ca: options.clientCaPem, requestCert: true, rejectUnauthorized: true });
    const hub = new V1Hub(options, server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    hub.#port = (server.address() as AddressInfo).port;
    return hub;
  }

  get url(): string {
    return `wss://localhost:${this.#port}/ws/pulse/`;
  }

  /** The connection with this number, counted from 0, there or still to come. Rejects when no agent comes. */
  async link(index = 0): Promise<HubSide> {
    for (;;) {
      const link = this.links[index];
      if (link !== undefined) return link;
      await this.#arrival();
    }
  }

  request(
    command: string,
    params: Readonly<Record<string, string>> = {},
    stamp: Parameters<typeof signedRequest>[4] = {},
  ): WireMessage {
    return signedRequest(this.#options.hmacKey, this.#options.agentId, command, params, stamp);
  }

  sequence(commands: readonly string[], options: Parameters<typeof signedSequence>[3] = {}): WireMessage {
    return signedSequence(this.#options.hmacKey, this.#options.agentId, commands, options);
  }

  /** Sends a signed request on the newest connection and waits for its result. */
  async run(command: string, params: Readonly<Record<string, string>> = {}): Promise<WireMessage> {
    const link = this.links.at(-1);
    if (link === undefined) throw new Error('no agent is connected');
    const request = this.request(command, params);
    link.send(request);
    return await link.inbox.until(
      `the result of ${command}`,
      ({ type, payload }) => type === 'command.result' && payload['request_id'] === request.id,
    );
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }

  async #arrival(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const nobody = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no agent connected in ${ARRIVAL_MS} ms`)), ARRIVAL_MS);
    });
    const somebody = new Promise<HubSide>((resolve) => this.#arrivals.push(resolve));
    await Promise.race([somebody, nobody]).finally(() => clearTimeout(timer));
  }

  #accept(socket: WebSocket, tls: TLSSocket): void {
    const inbox = new Inbox();
    const link: HubSide = {
      inbox,
      commonName: String(tls.getPeerCertificate().subject?.CN ?? ''),
      send: (frame) => socket.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame)),
      close: (code, reason = '') => socket.close(code, reason),
      closed: new Promise((resolve) => void socket.once('close', (code) => resolve(code))),
    };
    // A peer that drops the link is a case under test, told by `closed`.
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => {
      if (isBinary) throw new Error('an agent sends text frames only');
      const message = JSON.parse((data as Buffer).toString('utf8')) as WireMessage;
      if (this.#options.acknowledges !== false) this.#acknowledge(link, message);
      inbox.push(message);
    });
    this.links.push(link);
    this.#arrivals.splice(0).forEach((resolve) => resolve(link));
  }

  #acknowledge(link: HubSide, message: WireMessage): void {
    const { agentId, ackAgentId = 'somebody-else' } = this.#options;
    const batch = { batch_id: message.payload['batch_id'] };
    const answers: Readonly<Record<string, readonly [string, object]>> = {
      heartbeat: ['heartbeat.ack', {}],
      'metrics.push': ['metrics.ack', {}],
      'command.result': ['command.result.ack', {}],
      'events.batch': ['events.batch.ack', batch],
      'log.batch': ['log.batch.ack', batch],
      'signoff.state': ['signoff.state.ack', {}],
    };
    const answer = answers[message.type];
    if (answer !== undefined) link.send(envelope(answer[0], ackAgentId === '' ? agentId : ackAgentId, answer[1]));
  }
}
