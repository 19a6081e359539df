import type { Link, LinkEvents, Transport } from '@stormpulse/kernel';

/** One connection as the fake hub sees it. */
export interface FakeLink {
  /** What the agent sent, parsed, in order. */
  readonly sent: readonly Record<string, unknown>[];
  /** Sends raw text or bytes to the agent. */
  deliver(frame: string | Uint8Array): void;
  /** Ends the connection from the hub's side. */
  close(code?: number, reason?: string): void;
  readonly closedWith: number | undefined;
  /** How often the agent pinged. */
  readonly pings: number;
  /** While true the hub answers no ping. */
  muted: boolean;
  /** How the hub answers the agent's close: the agent's own code unless set; `'never'`: not at all. */
  closesWith: number | 'never' | undefined;
  /** What the hub has not read. */
  unreadBytes: number;
}

/** A hub in memory: accepts each dial at once unless told to refuse. */
export class FakeTransport implements Transport {
  readonly links: FakeLink[] = [];
  readonly #onMessage: (message: Record<string, unknown>, link: FakeLink) => void;
  #refusal: Error | undefined;

  constructor(onMessage: (message: Record<string, unknown>, link: FakeLink) => void = () => undefined) {
    this.#onMessage = onMessage;
  }

  get current(): FakeLink | undefined {
    return this.links.at(-1);
  }

  /** From now on every dial fails with this, until called with nothing. */
  refuse(error?: Error): void {
    this.#refusal = error;
  }

  open(events: LinkEvents, signal: AbortSignal): Promise<Link> {
    if (signal.aborted) return Promise.reject(new Error('the dial was given up'));
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    const sent: Record<string, unknown>[] = [];
    let closedWith: number | undefined;
    let pings = 0;
    const end = (code: number, reason: string): void => {
      if (closedWith !== undefined) return;
      closedWith = code;
      setImmediate(() => events.onClose(code, reason));
    };
    const fake: FakeLink = {
      sent,
      deliver: (frame) => {
        if (closedWith === undefined) events.onFrame(frame);
      },
      close: (code = 1000, reason = '') => end(code, reason),
      get closedWith() {
        return closedWith;
      },
      get pings() {
        return pings;
      },
      muted: false,
      closesWith: undefined,
      unreadBytes: 0,
    };
    this.links.push(fake);
    return Promise.resolve({
      send: (text) => {
        if (closedWith !== undefined) throw new Error('the link is closed');
        const message = JSON.parse(text) as Record<string, unknown>;
        sent.push(message);
        this.#onMessage(message, fake);
      },
      get bufferedBytes() {
        return fake.unreadBytes;
      },
      ping: () => {
        pings += 1;
        queueMicrotask(() => closedWith === undefined && !fake.muted && events.onPong());
      },
      close: (code, reason) => {
        if (fake.closesWith === undefined) end(code, reason);
        else if (fake.closesWith !== 'never') end(fake.closesWith, '');
      },
      terminate: () => end(1006, ''),
    });
  }
}
