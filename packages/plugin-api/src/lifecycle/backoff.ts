/** Waits between connection attempts, in milliseconds. */
export interface Backoff {
  /** The wait before the next attempt. */
  next(): number;
  /** To be told how long a connection lasted; only a long one resets the wait (SEC-006). */
  lasted(ms: number): void;
}

/** The floor and ceiling of the wait after a refusal that will not mend itself (SEC-006). */
const REFUSED_MIN_MS = 300_000;
const REFUSED_MAX_MS = 900_000;

/**
 * SEC-006: the first retry is uniform in [min, 10 x min], so that a fleet does not return in lock-step; later ones are
 * decorrelated jitter, uniform in [min, 3 x previous], capped at max.
 */
export function createBackoff(options: {
  readonly minMs: number;
  readonly maxMs: number;
  readonly random: () => number;
}): Backoff {
  const { minMs, maxMs, random } = options;
  const uniform = (low: number, high: number): number => low + random() * (high - low);
  let previousMs: number | undefined;
  return {
    next() {
      const ceiling = previousMs === undefined ? 10 * minMs : 3 * previousMs;
      previousMs = Math.min(maxMs, uniform(minMs, Math.max(minMs, Math.min(ceiling, maxMs))));
      return previousMs;
    },
    lasted(ms) {
      if (ms >= maxMs) previousMs = undefined;
    },
  };
}

/** The wait after HTTP 401/403, close code 1008, or a certificate that was refused: 300 to 900 s (SEC-006). */
export function refusedWaitMs(random: () => number): number {
  return REFUSED_MIN_MS + random() * (REFUSED_MAX_MS - REFUSED_MIN_MS);
}
