import { createMessage, encodeMessage, formatTimestamp } from '@stormpulse/protocol';
import type { FrameNumbers, Payloads, WireType } from '@stormpulse/protocol';
import { newMessageId } from '@stormpulse/protocol/node';
import type { WebSocket } from 'ws';
import type { Clock } from '../config/options.ts';

/** What `register` made of a link. `plain` is a peer that named no features: protocol v1 as it was (design, D1). */
export interface Negotiated {
  readonly plain: boolean;
  readonly features: ReadonlySet<string>;
}

const MAX_UNSENT_BYTES = 8 * 1024 * 1024;
const STRANGE_PER_MINUTE = 5;
const MINUTE_MS = 60_000;
/** v1's receive queue is 16 frames; more would fill it while a command runs (wire page 14.13). */
const MAX_HELD = 16;

interface LinkPorts {
  readonly clock: Clock;
  readonly numbers: FrameNumbers;
}

/** One agent's connection, from its upgrade to its close. */
export class AgentLink {
  readonly agentId: string;
  readonly address: string;
  /** Of the frames both ways (feature `link.seq`). */
  readonly numbers: FrameNumbers;
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  #negotiated: Negotiated | undefined;
  #strange: number[] = [];
  #stray = 0;
  #held: string[] = [];
  #closing = false;

  constructor(agentId: string, address: string, socket: WebSocket, ports: LinkPorts) {
    this.agentId = agentId;
    this.address = address;
    this.#socket = socket;
    this.#clock = ports.clock;
    this.numbers = ports.numbers;
  }

  /** Undefined until `register` was taken. */
  get negotiated(): Negotiated | undefined {
    return this.#negotiated;
  }

  markRegistered(negotiated: Negotiated): void {
    this.#negotiated = negotiated;
    if (negotiated.features.has('link.seq')) this.numbers.negotiated();
  }

  /** Sends text as one frame. A peer that does not read is dropped once 8 MiB wait. */
  send(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#socket.terminate();
      return;
    }
    this.#socket.send(this.numbers.mark(text));
  }

  /** Builds and sends a message with a fresh id and the current time. */
  reply<T extends WireType>(type: T, payload: Payloads[T]): void {
    this.send(this.#encode(type, payload));
  }

  /** Keeps an acknowledgement back until `releaseHeld`; the oldest go when too many wait, for they are optional. */
  hold<T extends WireType>(type: T, payload: Payloads[T]): void {
    this.#held.push(this.#encode(type, payload));
    if (this.#held.length > MAX_HELD) this.#held.shift();
  }

  releaseHeld(): void {
    for (const text of this.#held.splice(0)) this.send(text);
  }

  /** Counts a message that has no place here; true when the link must be closed for it (security model, SEC-052). */
  countStrange(): boolean {
    const nowMs = this.#clock.now();
    this.#strange = [...this.#strange.filter((at) => at > nowMs - MINUTE_MS), nowMs];
    return this.#strange.length >= STRANGE_PER_MINUTE;
  }

  /** Counts a piece of output that nobody asked for; how many there were on this link. */
  countStray(): number {
    this.#stray += 1;
    return this.#stray;
  }

  /** True once this side has begun to close: nothing that still comes counts. */
  get closing(): boolean {
    return this.#closing;
  }

  close(code: number, reason: string): void {
    this.#closing = true;
    this.#socket.close(code, reason);
  }

  #encode<T extends WireType>(type: T, payload: Payloads[T]): string {
    const ts = formatTimestamp(BigInt(this.#clock.now()) * 1_000n);
    return encodeMessage(createMessage(type, this.agentId, payload, { id: newMessageId(), ts }));
  }
}
