import type { ClaimStep, Clock, EventLog, ResultOutbox } from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import type { Payloads } from '@stormpulse/protocol';

type Result = Payloads['command.result'];

/** Where results are kept. */
export interface ResultStore {
  /** What earlier runs left, oldest first; undefined while it cannot be opened. */
  load(): readonly (Kept & { readonly no: number })[] | undefined;
  /** One transaction, on disk when it returns; the numbers of its results. Throws what the store says. */
  save(change: {
    readonly results: readonly (Kept & { readonly claim: ClaimStep | undefined })[];
    readonly claims: readonly ClaimStep[];
    readonly sends: readonly { readonly no: number; readonly sends: number }[];
    readonly gone: readonly number[];
  }): readonly number[];
}

interface Kept {
  readonly result: Result;
  /** Unix milliseconds. */
  readonly at: number;
  readonly sends: number;
}

export interface ResultOutboxOptions {
  readonly store: ResultStore;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly events: Pick<EventLog, 'record'>;
  readonly logger: Logger;
}

interface Entry {
  readonly result: Result;
  readonly at: number;
  /** What it answers, until that is on disk. */
  claim: ClaimStep | undefined;
  /** Undefined: not on disk. */
  no: number | undefined;
  /** It was tried to write it: it may be sent. */
  isTried: boolean;
  sends: number;
  /** `sends` as it is on disk. */
  kept: number;
  /** The connection it was last sent on. */
  sentOn: number | undefined;
}

/** How many results wait for a hub that is away. Beyond it the oldest is given up, and counted. */
const MAX_RESULTS = 256;
/** The same bound for what they hold, in characters of output. */
const MAX_CHARS = 32 * 1024 * 1024;
const MAX_AGE_MS = 24 * 3_600_000;
/** Kept for a hub that acknowledges by id: sent until it does, however often. */
const UNTIL_ACKNOWLEDGED = -1;
/** What was acknowledged is removed with what comes next, or after this: a crash before only sends it again. */
const TIDY_MS = 1_000;
const RETRY_MS = 10_000;

/**
 * Results until the hub has them, across restarts (SEC-069): on disk before they are sent, sent in order, again after a
 * reconnect. A hub that acknowledges by id gets each until it does; one that acknowledges without saying which releases the
 * oldest of this connection, and gets a result at most twice. What cannot be written is sent from memory.
 */
export function createResultOutbox(options: ResultOutboxOptions): ResultOutbox {
  return new KeptOutbox(options);
}

class KeptOutbox implements ResultOutbox {
  readonly #options: ResultOutboxOptions;
  #entries: Entry[] = [];
  #gone: number[] = [];
  /** Ended without a result on disk. */
  #claims: ClaimStep[] = [];
  #isLoaded = false;
  #isDue = false;
  #isClosed = false;
  #isFailing = false;
  #cancelTidy: (() => void) | undefined;
  #connection = 0;
  #acksById = false;
  /** A hub of this agent acknowledges by id: nothing is given up because a connection ended before it said so again. */
  #everById = false;
  #send: ((result: Result) => boolean) | undefined;
  #lost = 0;

  constructor(options: ResultOutboxOptions) {
    this.#options = options;
    this.#load();
  }

  get size(): number {
    return this.#entries.length;
  }

  get lost(): number {
    return this.#lost;
  }

  add(result: Result, claim?: ClaimStep): void {
    if (this.#isClosed) return;
    const at = this.#options.clock.now();
    this.#entries.push({ result, at, claim, no: undefined, isTried: false, sends: 0, kept: 0, sentOn: undefined });
    this.#giveUp();
    this.#flushSoon();
  }

  has(requestId: string): boolean {
    return this.#entries.some(({ result }) => result.request_id === requestId);
  }

  release(nonce: string): void {
    this.#claims.push({ nonce, ended: true });
    this.#flushSoon();
  }

  flush(): void {
    this.#isDue = false;
    this.#write();
    this.#sendAll();
  }

  attach(send: (result: Result) => boolean): void {
    this.#connection += 1;
    this.#acksById = false;
    this.#send = send;
    this.#load();
    this.#giveUp();
    this.flush();
  }

  detach(): void {
    this.#send = undefined;
    // What a hub without ids got twice is its own to have.
    if (!this.#everById) this.#drop(this.#entries.filter((entry) => entry.sends >= 2));
  }

  acknowledgesById(): void {
    this.#acksById = true;
    this.#everById = true;
    this.#sendAll();
  }

  acknowledge(requestId: string | undefined): boolean {
    if (requestId === undefined && this.#acksById) return false;
    const found = this.#entries.find(
      (entry) => entry.sentOn === this.#connection && (requestId === undefined || entry.result.request_id === requestId),
    );
    if (found !== undefined) this.#drop([found]);
    return found !== undefined;
  }

  close(): void {
    this.#write();
    this.#isClosed = true;
    this.#cancelTidy?.();
  }

  #flushSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => this.flush());
  }

  #sendAll(): void {
    const send = this.#send;
    if (send === undefined) return;
    for (const entry of this.#entries) {
      if (!entry.isTried) break;
      if (entry.sentOn === this.#connection) continue;
      if (entry.sends >= 2 && !this.#acksById) continue;
      if (!send(entry.result)) break;
      entry.sends += 1;
      entry.sentOn = this.#connection;
    }
    if (this.#entries.some((entry) => this.#isStale(entry))) this.#tidyAfter(TIDY_MS);
  }

  #drop(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    this.#entries = this.#entries.filter((entry) => !entries.includes(entry));
    for (const { no, claim } of entries) {
      if (no !== undefined) this.#gone.push(no);
      if (claim !== undefined) this.#claims.push(claim);
    }
    this.#tidyAfter(TIDY_MS);
  }

  #giveUp(): void {
    const { clock, events, logger } = this.#options;
    const oldest = clock.now() - MAX_AGE_MS;
    let count = this.#entries.length;
    let chars = this.#entries.reduce((sum, entry) => sum + charsOf(entry), 0);
    const given = this.#entries.filter((entry) => {
      if (count <= MAX_RESULTS && chars <= MAX_CHARS && entry.at >= oldest) return false;
      count -= 1;
      chars -= charsOf(entry);
      return true;
    });
    if (given.length === 0) return;
    this.#lost += given.length;
    this.#drop(given);
    logger.warn({ lost: this.#lost }, 'results were given up: the hub was away for too long, or they were too many');
    events.record({ source: 'commands', kind: 'results_lost', lost: given.length, status: 'lost' });
  }

  #load(): void {
    if (this.#isLoaded || this.#isClosed) return;
    const kept = this.#options.store.load();
    if (kept === undefined) return;
    this.#isLoaded = true;
    this.#everById ||= kept.some(({ sends }) => sends === UNTIL_ACKNOWLEDGED);
    const entries = kept.map(({ no, result, at, sends }) => {
      const entry: Entry = {
        no,
        result,
        at,
        claim: undefined,
        isTried: true,
        sends: Math.max(sends, 0),
        kept: sends,
        sentOn: undefined,
      };
      return entry;
    });
    this.#entries.unshift(...entries);
  }

  #write(): void {
    if (this.#isClosed) return;
    const fresh = this.#entries.filter((entry) => entry.no === undefined);
    const stale = this.#entries.filter((entry) => this.#isStale(entry));
    const [gone, claims] = [this.#gone, this.#claims];
    if (fresh.length + stale.length + gone.length + claims.length === 0) return;
    const sends = stale.map((entry) => ({ no: entry.no as number, sends: this.#sendsToKeep(entry) }));
    const results = fresh.map((entry) => ({ ...entry, sends: this.#sendsToKeep(entry) }));
    try {
      this.#load();
      const numbers = this.#options.store.save({ results, claims, sends, gone });
      [this.#gone, this.#claims] = [[], []];
      stale.forEach((entry) => (entry.kept = this.#sendsToKeep(entry)));
      fresh.forEach((entry, at) => Object.assign(entry, { claim: undefined, no: numbers[at], kept: this.#sendsToKeep(entry) }));
      this.#isFailing = false;
      this.#cancelTidy?.();
    } catch (error) {
      this.#failed(error, fresh.filter((entry) => !entry.isTried).length);
    }
    fresh.forEach((entry) => (entry.isTried = true));
  }

  /** SEC-066 and 183 are the store's: after what does not mend itself it takes no command either. */
  #failed(error: unknown, unkept: number): void {
    const { events, logger } = this.#options;
    if (!this.#isFailing || unkept > 0)
      logger.error({ err: error, unkept }, 'results could not be written; they are sent from memory, and end with the agent');
    if (unkept > 0) {
      const text = error instanceof Error ? error.message : String(error);
      events.record({ source: 'commands', kind: 'results_not_kept', status: 'failed', unkept, error: text });
    }
    this.#isFailing = true;
    this.#tidyAfter(RETRY_MS);
  }

  /** What a hub without ids was sent is written late: a crash meanwhile costs it one more. */
  #isStale(entry: Entry): boolean {
    return entry.no !== undefined && entry.kept !== this.#sendsToKeep(entry);
  }

  #sendsToKeep(entry: Entry): number {
    return this.#everById ? UNTIL_ACKNOWLEDGED : entry.sends;
  }

  #tidyAfter(ms: number): void {
    if (this.#isClosed || this.#cancelTidy !== undefined) return;
    const cancel = this.#options.clock.after(ms, () => {
      this.#cancelTidy = undefined;
      this.#write();
    });
    this.#cancelTidy = () => {
      this.#cancelTidy = undefined;
      cancel();
    };
  }
}

function charsOf({ result }: Entry): number {
  return result.stdout.length + result.stderr.length;
}
