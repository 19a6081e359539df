import type { Clock } from '../ports.ts';

/** SEC-067: frames that do not verify, and signatures that are wrong. */
const RATE_PER_SECOND = 20;
const BURST = 100;
const BAD_SIGNATURES = 10;
const WINDOW_MS = 60_000;

/** Bounds what an unverified peer costs. Verified frames are not counted (D7). */
export class FloodGuard {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #tokens = BURST;
  #refilled: number;
  #bad: number[] = [];

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#refilled = clock.monotonic();
  }

  /** Counts one frame that did not verify. `report`: within the rate; `close`: this peer has forged too often. */
  refused(badSignature: boolean): { readonly report: boolean; readonly close: boolean } {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#refilled) / 1_000) * RATE_PER_SECOND);
    this.#refilled = now;
    const report = this.#tokens >= 1;
    if (report) this.#tokens -= 1;
    if (badSignature) this.#bad.push(now);
    this.#bad = this.#bad.filter((at) => now - at < WINDOW_MS).slice(-(BAD_SIGNATURES + 1));
    return { report, close: this.#bad.length > BAD_SIGNATURES };
  }

  /** A new connection starts with a clean count. */
  reset(): void {
    this.#bad = [];
  }
}
