import type { Clock } from '@stormpulse/kernel';

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
}

/** A clock that moves only when told to. Wall and monotonic time move together unless {@link step} parts them. */
export class FakeClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;
  readonly #timers = new Set<Timer>();

  readonly #settle: () => Promise<void>;

  /** `settled` lets what follows from a timer come to rest; a plugin whose code runs elsewhere takes longer than some turns of the loop. */
  constructor(wallMs = Date.UTC(2026, 0, 1, 12), settled = settle) {
    this.#wallMs = wallMs;
    this.#settle = settled;
  }

  now(): number {
    return this.#wallMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { dueMs: this.#monotonicMs + Math.max(0, ms), fire };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves the wall clock alone, as an administrator or NTP would. */
  step(ms: number): void {
    this.#wallMs += ms;
  }

  /** Moves time, firing what is due in order, and lets everything that follows settle. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms;
    for (;;) {
      await this.#settle();
      const next = [...this.#timers].filter(({ dueMs }) => dueMs <= untilMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined) break;
      this.#moveTo(next.dueMs);
      this.#timers.delete(next);
      next.fire();
    }
    this.#moveTo(untilMs);
    await this.#settle();
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }
}

/** Lets promise chains and the next turns of the event loop run; waits for no time to pass. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
