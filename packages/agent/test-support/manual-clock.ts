/** Wall and monotonic time that move when told; timers fire on the way, and what follows them settles. */
export class ManualClock {
  wallMs: number;
  #monotonicMs = 0;
  #timers: { readonly dueMs: number; readonly fire: () => void }[] = [];

  constructor(wallMs: number = Date.now()) {
    this.wallMs = wallMs;
  }

  now(): number {
    return this.wallMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { dueMs: this.#monotonicMs + ms, fire };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How far the waiting timers are ahead. */
  get waits(): number[] {
    return this.#timers.map(({ dueMs }) => dueMs - this.#monotonicMs);
  }

  advance(ms: number): void {
    const untilMs = this.#monotonicMs + ms;
    for (;;) {
      const next = this.#timers.filter(({ dueMs }) => dueMs <= untilMs).toSorted((a, b) => a.dueMs - b.dueMs)[0];
      const toMs = next?.dueMs ?? untilMs;
      this.wallMs += toMs - this.#monotonicMs;
      this.#monotonicMs = toMs;
      if (next === undefined) return;
      this.#timers = this.#timers.filter((other) => other !== next);
      next.fire();
    }
  }
}
