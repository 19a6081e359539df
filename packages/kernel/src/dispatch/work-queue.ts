/** SEC-068: how many commands run at once, and how many may wait. */
export const POOL_SIZE = 4;
export const QUEUE_SIZE = 64;

/** What a job holds while it runs: at most `places` jobs hold the same key at once. */
export interface Key {
  readonly name: string;
  readonly places: number;
}

interface Job {
  readonly keys: readonly Key[];
  readonly run: () => Promise<void>;
}

/**
 * A bounded pool: jobs start in the order they came, except that one whose key is taken waits without holding up those
 * that share none of its keys. Jobs must not reject.
 */
export class WorkQueue {
  readonly #poolSize: number;
  readonly #queueSize: number;
  readonly #waiting: Job[] = [];
  readonly #held = new Map<string, number>();
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(poolSize = POOL_SIZE, queueSize = QUEUE_SIZE) {
    this.#poolSize = poolSize;
    this.#queueSize = queueSize;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** False when the queue is full; the job is then not taken. */
  offer(keys: readonly Key[], run: () => Promise<void>): boolean {
    if (this.#waiting.length >= this.#queueSize) return false;
    this.#waiting.push({ keys, run });
    this.#pump();
    return true;
  }

  /** Resolves when nothing runs and nothing waits. */
  whenIdle(): Promise<void> {
    if (this.#running === 0 && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #pump(): void {
    while (this.#running < this.#poolSize) {
      const job = this.#next();
      if (job === undefined) break;
      this.#start(job);
    }
    if (this.#running === 0 && this.#waiting.length === 0) this.#idle.splice(0).forEach((resolve) => resolve());
  }

  /** The first that may start. Nobody overtakes on a key that an earlier one waits with, or a job of many keys would starve. */
  #next(): Job | undefined {
    const awaited = new Set<string>();
    const index = this.#waiting.findIndex(({ keys }) => {
      const free = keys.every(({ name, places }) => !awaited.has(name) && (this.#held.get(name) ?? 0) < places);
      if (!free) keys.forEach(({ name }) => awaited.add(name));
      return free;
    });
    return index === -1 ? undefined : this.#waiting.splice(index, 1)[0];
  }

  #start(job: Job): void {
    this.#running += 1;
    this.#hold(job.keys, 1);
    void job.run().finally(() => {
      this.#running -= 1;
      this.#hold(job.keys, -1);
      this.#pump();
    });
  }

  #hold(keys: readonly Key[], by: 1 | -1): void {
    for (const { name } of keys) {
      const held = (this.#held.get(name) ?? 0) + by;
      if (held === 0) this.#held.delete(name);
      else this.#held.set(name, held);
    }
  }
}
