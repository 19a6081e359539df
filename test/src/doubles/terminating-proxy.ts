import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { PemPair } from './certificates.ts';

export type Towards = 'hub' | 'agent';

/** What befalls one frame: it is lost, it is sent twice, or it waits until the next one has passed. */
export type Mishap = 'lost' | 'doubled' | 'reordered';

export interface TerminatingProxyOptions {
  /** What it shows to agents. */
  readonly server: PemPair;
  /** The agents' address of the hub. */
  readonly hubUrl: string;
  /** What it shows to the hub, and the hub's CA. */
  readonly client: PemPair & { readonly ca: string };
}

/** A proxy that ends the TLS of both sides, reads every frame, and does to one of them what a test says. */
export class TerminatingProxy {
  readonly #options: TerminatingProxyOptions;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #onward = new Set<WebSocket>();
  #planned: { readonly towards: Towards; readonly type: string; readonly mishap: Mishap } | undefined;
  /** How many links there were. */
  links = 0;

  private constructor(options: TerminatingProxyOptions) {
    this.#options = options;
    this.#server = createServer({ ...options.server });
    this.#sockets = new WebSocketServer({ server: this.#server, perMessageDeflate: false });
    this.#sockets.on('connection', (agent) => this.#join(agent));
  }

  static async start(options: TerminatingProxyOptions): Promise<TerminatingProxy> {
    const proxy = new TerminatingProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The next frame of this type that goes that way has this mishap. */
  plan(towards: Towards, type: string, mishap: Mishap): void {
    this.#planned = { towards, type, mishap };
  }

  /** Drops every link without a word. */
  cut(): void {
    for (const socket of [...this.#sockets.clients, ...this.#onward]) socket.terminate();
  }

  async close(): Promise<void> {
    this.cut();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }

  #join(agent: WebSocket): void {
    const { hubUrl, client } = this.#options;
    this.links += 1;
    const hub = new WebSocket(new URL('/ws/pulse/', hubUrl.replace('https', 'wss')), { perMessageDeflate: false, ...client });
    this.#onward.add(hub);
    const early: string[] = [];
    hub.on('open', () => early.splice(0).forEach((frame) => hub.send(frame)));
    const toHub = this.#passage('hub', (frame) => void (hub.readyState === hub.OPEN ? hub.send(frame) : early.push(frame)));
    const toAgent = this.#passage('agent', (frame) => agent.send(frame));
    agent.on('message', (data) => toHub((data as Buffer).toString('utf8')));
    hub.on('message', (data) => toAgent((data as Buffer).toString('utf8')));
    for (const [from, to] of [
      [agent, hub],
      [hub, agent],
    ] as const) {
      from.on('error', () => undefined);
      from.on('close', () => to.terminate());
    }
    hub.on('close', () => this.#onward.delete(hub));
  }

  /** One direction of one link. */
  #passage(towards: Towards, send: (frame: string) => void): (frame: string) => void {
    let held: string | undefined;
    return (frame) => {
      const mishap = this.#mishapOf(towards, frame);
      if (mishap === 'lost') return;
      if (mishap === 'reordered') {
        held = frame;
        return;
      }
      send(frame);
      if (mishap === 'doubled') send(frame);
      if (held !== undefined) send(held);
      held = undefined;
    };
  }

  #mishapOf(towards: Towards, frame: string): Mishap | undefined {
    const planned = this.#planned;
    if (planned?.towards !== towards || (JSON.parse(frame) as { readonly type: string }).type !== planned.type) return undefined;
    this.#planned = undefined;
    return planned.mishap;
  }
}
