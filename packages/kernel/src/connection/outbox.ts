import type { Payloads } from '@stormpulse/protocol';

type Result = Payloads['command.result'];

interface Entry {
  readonly result: Result;
  sends: number;
  /** The connection it was last sent on. */
  sentOn: number | undefined;
}

/** How many results wait for a hub that is away. Beyond it the oldest is given up, and counted. */
const MAX_RESULTS = 256;
/** The same bound for what they hold, in characters of output. */
const MAX_CHARS = 32 * 1024 * 1024;

/**
 * Results until the hub has them (SEC-069): sent in order, again after a reconnect. A hub that acknowledges by id gets
 * each until it does; one that acknowledges without saying which releases the oldest of this connection, and gets a
 * result at most twice.
 */
export class Outbox {
  #entries: Entry[] = [];
  #connection = 0;
  #acksById = false;
  /** The hub of this run acknowledges by id: nothing is given up because a connection ended before it said so again. */
  #everById = false;
  #send: ((result: Result) => boolean) | undefined;
  #lost = 0;

  get size(): number {
    return this.#entries.length;
  }

  /** Results given up because the hub was away for too long. */
  get lost(): number {
    return this.#lost;
  }

  add(result: Result): void {
    this.#entries.push({ result, sends: 0, sentOn: undefined });
    let chars = this.#entries.reduce((sum, entry) => sum + charsOf(entry), 0);
    while (this.#entries.length > MAX_RESULTS || chars > MAX_CHARS) {
      const oldest = this.#entries.shift();
      if (oldest === undefined) break;
      chars -= charsOf(oldest);
      this.#lost += 1;
    }
    this.#flush();
  }

  /** A connection is up; `send` answers whether the frame was taken. */
  attach(send: (result: Result) => boolean): void {
    this.#connection += 1;
    this.#acksById = false;
    this.#send = send;
    this.#flush();
  }

  /** The connection is gone. What a hub without ids got twice is its own to have. */
  detach(): void {
    this.#send = undefined;
    if (!this.#everById) this.#entries = this.#entries.filter((entry) => entry.sends < 2);
  }

  /** The hub said in `register.ok` that it acknowledges by id. */
  acknowledgesById(): void {
    this.#acksById = true;
    this.#everById = true;
    this.#flush();
  }

  /** Releases what the acknowledgement names; without an id the oldest sent on this connection, of a hub that knows none (D1). */
  acknowledge(requestId: string | undefined): boolean {
    if (requestId === undefined && this.#acksById) return false;
    const index = this.#entries.findIndex(
      (entry) => entry.sentOn === this.#connection && (requestId === undefined || entry.result.request_id === requestId),
    );
    if (index !== -1) this.#entries.splice(index, 1);
    return index !== -1;
  }

  #flush(): void {
    const send = this.#send;
    if (send === undefined) return;
    for (const entry of this.#entries) {
      if (entry.sentOn === this.#connection) continue;
      if (entry.sends >= 2 && !this.#acksById) continue;
      if (!send(entry.result)) return;
      entry.sends += 1;
      entry.sentOn = this.#connection;
    }
  }
}

function charsOf({ result }: Entry): number {
  return result.stdout.length + result.stderr.length;
}
