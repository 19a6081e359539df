/** Below this a rate says more about the clock tick than about the host. */
export const MIN_WINDOW_MS = 100;

/** Anything read at a moment of the monotonic clock, in milliseconds. */
export interface Timed {
  readonly atMs: number;
}

/**
 * Remembers readings so that each new one has an earlier one to be compared with. Pushes can follow each other at once
 * (a command's result triggers one); such a reading is compared with the one before the last, never over too short a window.
 */
export class Baseline<T extends Timed> {
  #older: T | undefined;
  #newer: T | undefined;

  /** The reading to compare with, at least {@link MIN_WINDOW_MS} older, or undefined when there is none yet. */
  advance(reading: T): T | undefined {
    if (this.#newer === undefined) {
      this.#newer = reading;
      return undefined;
    }
    if (reading.atMs - this.#newer.atMs < MIN_WINDOW_MS) return this.#older;
    this.#older = this.#newer;
    this.#newer = reading;
    return this.#older;
  }
}
