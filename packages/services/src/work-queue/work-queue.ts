import type { Key, WorkQueue } from '@stormpulse/kernel';

/** SEC-068: how many commands run at once, and how many may wait. */
export const POOL_SIZE = 4;
export const QUEUE_SIZE = 64;
/** How many jobs run at once. */
const JOBS_AT_ONCE = 6;

interface Job {
  readonly keys: readonly Key[];
  readonly run: () => Promise<void>;
}

/**
 * A bounded pool: jobs start in the order they came, except that one whose key is taken waits without holding up those
 * that share none of its keys.
 */
export function createWorkQueue(poolSize = POOL_SIZE, queueSize = QUEUE_SIZE): WorkQueue & { readonly running: number } {
  return new BoundedPool(poolSize, queueSize);
}

/** For jobs, which bound by themselves how many of them wait. */
export function createJobQueue(): WorkQueue {
  return new BoundedPool(JOBS_AT_ONCE, Number.POSITIVE_INFINITY);
}

class BoundedPool implements WorkQueue {
  readonly #poolSize: number;
  readonly #queueSize: number;
  readonly #waiting: Job[] = [];
  readonly #held = new Map<string, number>();
  #running = 0;
  #idle: (() => void)[] = [];

  constructor(poolSize: number, queueSize: number) {
    this.#poolSize = poolSize;
    this.#queueSize = queueSize;
  }

  get running(): number {
    return this.#running;
  }

  offer(keys: readonly Key[], run: () => Promise<void>): boolean {
    if (this.#waiting.length >= this.#queueSize) return false;
    this.#waiting.push({ keys, run });
    this.#pump();
    return true;
  }

  withdraw(run: () => Promise<void>): boolean {
    const index = this.#waiting.findIndex((job) => job.run === run);
    if (index !== -1) this.#waiting.splice(index, 1);
    this.#pump();
    return index !== -1;
  }

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
