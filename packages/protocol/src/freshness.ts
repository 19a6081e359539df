import { MAX_FUTURE_SECONDS } from './limits.ts';
import type { Timestamp } from './timestamp.ts';

/**
 * Freshness of a signed message (SEC-059): at most 5 s in the future, at most `maxAgeSeconds` old, both inclusive.
 * `nowMicros` is Unix microseconds.
 */
export function checkFreshness(
  timestamp: Timestamp,
  nowMicros: bigint,
  maxAgeSeconds: number,
): 'future_dated' | 'too_old' | undefined {
  // Exact far beyond every limit: an age of more than 285 years is the first to be rounded.
  const ageMicros = Number(nowMicros - timestamp.micros);
  if (ageMicros < -MAX_FUTURE_SECONDS * 1_000_000) return 'future_dated';
  if (ageMicros > Math.round(maxAgeSeconds * 1_000_000)) return 'too_old';
  return undefined;
}
