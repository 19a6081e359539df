import type { Dialect } from './dialect.ts';

/** Bounds of the buffer; the defaults are v1's (wire page, section 10.2). */
export interface EventBufferOptions<T> {
  /** The record that tells the hub how many events were lost. */
  readonly droppedMarker: (dropped: number) => T;
  /** Waiting events; the oldest beyond are dropped. Default 4096. */
  readonly maxEvents?: number;
  /** Records a batch, the marker included. Default 500. */
  readonly maxBatch?: number;
  /** Batches without acknowledgement; the oldest beyond is dropped. Default 32. */
  readonly maxInFlight?: number;
  /** How `requeue` orders several batches: hardened keeps the order of recording, reference puts the newest first. */
  readonly dialect?: Dialect;
}

/** Events between recording and acknowledgement, in memory, bounded. */
export class EventBuffer<T> {
  readonly #droppedMarker: (dropped: number) => T;
  readonly #maxEvents: number;
  readonly #maxBatch: number;
  readonly #maxInFlight: number;
  readonly #dialect: Dialect;
  readonly #inFlight = new Map<string, readonly T[]>();
  #waiting: T[] = [];
  #dropped = 0;

  constructor(options: EventBufferOptions<T>) {
    this.#droppedMarker = options.droppedMarker;
    this.#maxEvents = options.maxEvents ?? 4096;
    this.#maxBatch = options.maxBatch ?? 500;
    this.#maxInFlight = options.maxInFlight ?? 32;
    this.#dialect = options.dialect ?? 'hardened';
  }

  /** Events that wait to be sent; those in flight do not count. */
  get length(): number {
    return this.#waiting.length;
  }

  append(event: T): void {
    this.#waiting.push(event);
    this.#enforceBound();
  }

  /**
   * The next batch, kept as `batchId` until acknowledged; empty when nothing waits. If anything was lost since the last batch,
   * the marker comes first.
   */
  drain(batchId: string, limit: number = this.#maxBatch): readonly T[] {
    const batch: T[] = this.#dropped > 0 ? [this.#droppedMarker(this.#dropped)] : [];
    this.#dropped = 0;
    batch.push(...this.#waiting.splice(0, Math.max(0, Math.min(limit, this.#maxBatch) - batch.length)));
    if (batch.length === 0) return batch;
    this.#inFlight.set(batchId, batch);
    this.#evictOldest();
    return batch;
  }

  /** Frees a batch; false when it is not in flight. */
  ack(batchId: string): boolean {
    return this.#inFlight.delete(batchId);
  }

  /** Puts every batch in flight back in front, at the start of a connection. Returns how many records that were. */
  requeue(): number {
    const batches = [...this.#inFlight.values()];
    this.#inFlight.clear();
    const returned = (this.#dialect === 'hardened' ? batches : batches.toReversed()).flat();
    this.#waiting = [...returned, ...this.#waiting];
    this.#enforceBound();
    return returned.length;
  }

  #evictOldest(): void {
    if (this.#inFlight.size <= this.#maxInFlight) return;
    const [oldest, batch] = this.#inFlight.entries().next().value!;
    this.#inFlight.delete(oldest);
    this.#dropped += batch.length;
  }

  #enforceBound(): void {
    const excess = this.#waiting.length - this.#maxEvents;
    if (excess <= 0) return;
    this.#waiting.splice(0, excess);
    this.#dropped += excess;
  }
}
