import type { Clock } from '@stormpulse/kernel';

/** Calls `lapse` once when nothing was reported for `ms`; without `ms` never. One timer, whatever is reported in between. */
export class Lease {
  readonly #clock: Clock;
  readonly #ms: number | undefined;
  readonly #lapse: () => void;
  #renewedAt: number;
  #cancel = (): void => undefined;

  constructor(clock: Clock, ms: number | undefined, lapse: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#lapse = lapse;
    this.#renewedAt = clock.monotonic();
    if (ms !== undefined) this.#wait(ms);
  }

  renew(): void {
    this.#renewedAt = this.#clock.monotonic();
  }

  end(): void {
    this.#cancel();
  }

  #wait(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      const left = this.#renewedAt + (this.#ms ?? 0) - this.#clock.monotonic();
      if (left > 0) this.#wait(left);
      else this.#lapse();
    });
  }
}
