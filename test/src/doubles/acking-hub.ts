import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { PemPair } from './certificates.ts';
import { envelope, signedRequest } from './v1-wire.ts';
import type { WireMessage } from './v1-wire.ts';

export interface AckingHubOptions {
  readonly server: PemPair;
  readonly clientCaPem: string;
  readonly agentId: string;
  readonly hmacKey: Buffer;
  /** Whether this result is acknowledged, this time. */
  readonly acknowledges?: () => boolean;
}

/** Every answer to one request. */
export interface Answers {
  /** The payloads, without those that were the same as one before. */
  readonly payloads: Map<string, Readonly<Record<string, unknown>>>;
  received: number;
}

/**
 * A hub that acknowledges results by id (feature `results.ack`), keeps everything it was told, and can go and come back on its
 * port.
 */
export class AckingHub {
  /** By request id. */
  readonly answers = new Map<string, Answers>();
  /** Refusals that agents told of, by their reason. */
  readonly refusals = new Map<string, number>();
  registrations = 0;
  /** How often metrics came. */
  pushes = 0;
  readonly #options: AckingHubOptions;
  #server: Server | undefined;
  #sockets: WebSocketServer | undefined;
  #port = 0;
  #live: WebSocket | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(options: AckingHubOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    const { server: pair, clientCaPem } = this.#options;
    const server = createServer({ ...pair, ca: clientCaPem, requestCert: true, rejectUnauthorized: true });
    const sockets = new WebSocketServer({ server, path: '/ws/pulse/', perMessageDeflate: false });
    sockets.on('connection', (socket) => this.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
    this.#sockets = sockets;
  }

  get port(): number {
    return this.#port;
  }

  get isLive(): boolean {
    return this.#live !== undefined;
  }

  /** Resolves once an agent has registered after the `count`th time. */
  async registeredAfter(count: number, ms: number): Promise<boolean> {
    if (this.registrations > count) return true;
    return await new Promise((resolve) => {
      const settle = (held: boolean) => (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve(held);
      };
      const done = settle(true);
      const timer = setTimeout(settle(false), ms);
      this.#waiting.add(done);
    });
  }

  request(command: string, params: Readonly<Record<string, string>>): WireMessage {
    return signedRequest(this.#options.hmacKey, this.#options.agentId, command, params);
  }

  /** False when no agent is connected. */
  send(frame: WireMessage | Buffer | string): boolean {
    if (this.#live?.readyState !== 1) return false;
    this.#live.send(typeof frame === 'string' || Buffer.isBuffer(frame) ? frame : JSON.stringify(frame));
    return true;
  }

  /** Drops every link without a word. */
  cut(): void {
    for (const socket of this.#sockets?.clients ?? []) socket.terminate();
  }

  async stop(): Promise<void> {
    this.cut();
    this.#sockets?.close();
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) => {
      if (this.#server === undefined) resolve();
      else this.#server.close(() => resolve());
    });
    this.#server = undefined;
  }

  #accept(socket: WebSocket): void {
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      if (this.#live === socket) this.#live = undefined;
    });
    socket.on('message', (data) => this.#receive(socket, JSON.parse((data as Buffer).toString('utf8')) as WireMessage));
  }

  #receive(socket: WebSocket, { type, payload }: WireMessage): void {
    const { agentId, acknowledges = () => true } = this.#options;
    const reply = (kind: string, body: object): void => socket.send(JSON.stringify(envelope(kind, agentId, body)));
    if (type === 'register') {
      const named = Array.isArray(payload['features']) ? payload['features'] : [];
      reply('register.ok', { features: named.filter((name) => name === 'results.ack') });
      this.#live = socket;
      this.registrations += 1;
      [...this.#waiting].forEach((done) => done());
    } else if (type === 'command.result') {
      const id = String(payload['request_id']);
      this.#keep(id, payload);
      if (acknowledges()) reply('command.result.ack', { request_id: id });
    } else if (type === 'events.batch') {
      for (const { kind, failure_reason: reason } of payload['events'] as readonly Readonly<Record<string, unknown>>[]) {
        if (kind === 'signature_failure') this.refusals.set(String(reason), (this.refusals.get(String(reason)) ?? 0) + 1);
      }
      reply('events.batch.ack', { batch_id: payload['batch_id'] });
    } else if (type === 'heartbeat') reply('heartbeat.ack', {});
    else if (type === 'metrics.push') {
      this.pushes += 1;
      reply('metrics.ack', {});
    }
  }

  #keep(id: string, payload: Readonly<Record<string, unknown>>): void {
    const known = this.answers.get(id) ?? { payloads: new Map(), received: 0 };
    known.received += 1;
    known.payloads.set(JSON.stringify(payload), payload);
    this.answers.set(id, known);
  }
}
