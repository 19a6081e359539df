/** SEC-068: how many commands run at once, and how many may wait. */
export const POOL_SIZE = 4;
export const QUEUE_SIZE = 64;

interface Job {
  readonly key: string | undefined;
  readonly run: () => Promise<void>;
}

/**
 * A bounded pool: jobs start in the order they came, except that one whose key is busy waits without holding up the
 * others. Jobs must not reject.
 */
export class WorkQueue {
  readonly #poolSize: number;
  readonly #queueSize: number;
  readonly #waiting: Job[] = [];
  readonly #busy = new Set<string>();
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
  offer(key: string | undefined, run: () => Promise<void>): boolean {
    if (this.#waiting.length >= this.#queueSize) return false;
    this.#waiting.push({ key, run });
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
      const index = this.#waiting.findIndex(({ key }) => key === undefined || !this.#busy.has(key));
      if (index === -1) break;
      const [job] = this.#waiting.splice(index, 1);
      if (job !== undefined) this.#start(job);
    }
    if (this.#running === 0 && this.#waiting.length === 0) this.#idle.splice(0).forEach((resolve) => resolve());
  }

  #start(job: Job): void {
    this.#running += 1;
    if (job.key !== undefined) this.#busy.add(job.key);
    void job.run().finally(() => {
      this.#running -= 1;
      if (job.key !== undefined) this.#busy.delete(job.key);
      this.#pump();
    });
  }
}
