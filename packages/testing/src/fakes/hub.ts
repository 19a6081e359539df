import { boundRequestId, createMessage, encodeMessage, formatTimestamp, signRequest } from '@stormpulse/protocol';
import { newMessageId, newNonce, nodeCrypto } from '@stormpulse/protocol/node';
import type { FakeClock } from './clock.ts';
import { FakeTransport } from './transport.ts';
import type { FakeLink } from './transport.ts';

/** The agent that the harness runs, as its hub knows it. */
export const AGENT = 'harness';
export const KEY = new TextEncoder().encode('harness-key-of-thirty-two-bytes!');

/** What one call came to, as the hub got it in `command.result`. */
export interface CallResult {
  readonly success: boolean;
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly failure_reason: string | null;
  readonly group: string;
  readonly command: string;
}

/** The other end in memory: acknowledges, signs, and hands results to whoever asked. */
export class HarnessHub {
  readonly transport: FakeTransport;
  readonly #messages: { readonly type: string; readonly payload: Readonly<Record<string, unknown>> }[] = [];
  readonly #waiting = new Map<string, (result: CallResult) => void>();

  constructor() {
    this.transport = new FakeTransport((message, link) => this.#received(message, link));
  }

  all(type: string): readonly Readonly<Record<string, unknown>>[] {
    return this.#messages.filter((message) => message.type === type).map((message) => message.payload);
  }

  last(type: string): Readonly<Record<string, unknown>> | undefined {
    return this.all(type).at(-1);
  }

  request(clock: FakeClock, command: string, params: Readonly<Record<string, string>>): Promise<CallResult> {
    const link = this.transport.current;
    if (link === undefined) return Promise.reject(new Error('the agent is not connected'));
    const ts = formatTimestamp(BigInt(Math.trunc(clock.now() * 1_000)));
    const nonce = newNonce();
    const id = boundRequestId(nodeCrypto, nonce);
    const hmac = signRequest(nodeCrypto, KEY, { command, params, nonce, ts });
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      link.deliver(encodeMessage(createMessage('command.request', AGENT, { command, params, hmac, nonce }, { id, ts })));
    });
  }

  #received(message: Record<string, unknown>, link: FakeLink): void {
    const type = String(message['type']);
    const payload = message['payload'] as Readonly<Record<string, unknown>>;
    this.#messages.push({ type, payload });
    if (type === 'register') this.#answer(link, 'register.ok', { features: payload['features'] as string[] });
    if (type === 'events.batch') this.#answer(link, 'events.batch.ack', { batch_id: payload['batch_id'] as string });
    if (type === 'command.result') {
      const id = String(payload['request_id']);
      this.#answer(link, 'command.result.ack', { request_id: id });
      this.#waiting.get(id)?.(payload as unknown as CallResult);
      this.#waiting.delete(id);
    }
  }

  #answer(link: FakeLink, type: string, payload: object): void {
    setImmediate(() =>
      link.deliver(JSON.stringify({ v: 1, type, id: newMessageId(), ts: '2026-01-01T00:00:00Z', agent_id: AGENT, payload })),
    );
  }
}
