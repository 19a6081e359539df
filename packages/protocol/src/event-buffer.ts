import type { Dialect } from './dialect.ts';

/** Bounds of the buffer; the defaults are v1's (wire page, section 10.2). */
export interface EventBufferOptions<T> {
  /** The record that stands where events were lost, and tells how many; `first` and `last` are the outermost of them. */
  readonly droppedMarker: (dropped: number, first: T, last: T) => T;
  /** How many events such a record tells of; 0 for an event. */
  readonly droppedIn: (record: T) => number;
  /** Waiting events; the oldest beyond are dropped. Default 4096. */
  readonly maxEvents?: number;
  /** Records a batch, markers included. Default 500. */
  readonly maxBatch?: number;
  /** Batches without acknowledgement; the oldest beyond is dropped. Default 32. */
  readonly maxInFlight?: number;
  /** How `requeue` orders several batches: hardened keeps the order of recording, reference puts the newest first. */
  readonly dialect?: Dialect;
}

/** A record and its place in the order of recording. */
interface Placed<T> {
  readonly place: number;
  readonly record: T;
}

/** Events between recording and acknowledgement, bounded. What is dropped leaves a marker in its place. */
export class EventBuffer<T> {
  readonly #options: EventBufferOptions<T>;
  readonly #maxEvents: number;
  readonly #maxBatch: number;
  readonly #maxInFlight: number;
  readonly #inFlight = new Map<string, readonly Placed<T>[]>();
  #waiting: Placed<T>[] = [];
  /** Of those that wait, what is no marker. */
  #events = 0;
  #next = 0;

  constructor(options: EventBufferOptions<T>) {
    this.#options = options;
    this.#maxEvents = options.maxEvents ?? 4096;
    this.#maxBatch = options.maxBatch ?? 500;
    this.#maxInFlight = options.maxInFlight ?? 32;
  }

  /** Events that wait to be sent; those in flight do not count. */
  get length(): number {
    return this.#events;
  }

  /** Everything that was not acknowledged, in the order of recording. */
  get outstanding(): readonly T[] {
    return inOrder([...this.#inFlight.values()].flat().concat(this.#waiting)).map(({ record }) => record);
  }

  /** A marker that was kept may be put in too. */
  append(record: T): void {
    this.#waiting.push({ place: (this.#next += 1), record });
    if (!this.#isMarker(record)) this.#events += 1;
    this.#enforceBound();
  }

  /** The next batch, kept as `batchId` until acknowledged; empty when nothing waits. */
  drain(batchId: string, limit: number = this.#maxBatch): readonly T[] {
    const batch = this.#waiting.splice(0, Math.min(limit, this.#maxBatch));
    if (batch.length === 0) return [];
    this.#events -= this.#eventsOf(batch);
    this.#inFlight.set(batchId, batch);
    this.#evictOldest();
    return batch.map(({ record }) => record);
  }

  /** What was sent as this batch and not acknowledged. */
  batch(batchId: string): readonly T[] | undefined {
    return this.#inFlight.get(batchId)?.map(({ record }) => record);
  }

  /** Frees a batch; false when it is not in flight. */
  ack(batchId: string): boolean {
    return this.#inFlight.delete(batchId);
  }

  /** Puts every batch in flight back in front, at the start of a connection. Returns how many records that were. */
  requeue(): number {
    const batches = [...this.#inFlight.values()];
    this.#inFlight.clear();
    const hardened = this.#options.dialect !== 'reference';
    const returned = (hardened ? batches : batches.toReversed()).flat();
    this.#events += this.#eventsOf(returned);
    this.#waiting = [...returned, ...this.#waiting];
    if (hardened) inOrder(this.#waiting);
    this.#enforceBound();
    return returned.length;
  }

  #evictOldest(): void {
    if (this.#inFlight.size <= this.#maxInFlight) return;
    const [oldest, batch] = this.#inFlight.entries().next().value!;
    this.#inFlight.delete(oldest);
    this.#waiting.unshift(this.#markerFor(batch));
  }

  #enforceBound(): void {
    if (this.#events <= this.#maxEvents) return;
    let end = 0;
    for (; this.#events > this.#maxEvents; end += 1) if (!this.#isMarker(this.#waiting[end]!.record)) this.#events -= 1;
    this.#waiting.splice(0, end, this.#markerFor(this.#waiting.slice(0, end)));
  }

  #markerFor(lost: readonly Placed<T>[]): Placed<T> {
    const dropped = lost.reduce((sum, { record }) => sum + (this.#options.droppedIn(record) || 1), 0);
    const [first, last] = [lost[0]!, lost.at(-1)!];
    return { place: first.place, record: this.#options.droppedMarker(dropped, first.record, last.record) };
  }

  #isMarker(record: T): boolean {
    return this.#options.droppedIn(record) > 0;
  }

  #eventsOf(records: readonly Placed<T>[]): number {
    return records.filter(({ record }) => !this.#isMarker(record)).length;
  }
}

function inOrder<T>(records: Placed<T>[]): Placed<T>[] {
  return records.sort((a, b) => a.place - b.place);
}
