import type { Clock } from '@stormpulse/kernel';

/** The hub takes 500 a push; what all plugins and the agent have to tell share its 4,096 places. */
const BURST = 500;
const PER_SECOND = 10;

/** How often one plugin may have an event recorded: beyond the rate events are counted, and told of as a number. */
export interface RecordRate {
  /** Undefined: not this one. Else how many were left out right before it. */
  take(): number | undefined;
  /** What was counted and not told of yet. */
  readonly suppressed: number;
}

export function createRecordRate(clock: Pick<Clock, 'monotonic'>): RecordRate {
  let tokens = BURST;
  let at = clock.monotonic();
  let suppressed = 0;
  return {
    get suppressed() {
      return suppressed;
    },
    take() {
      const now = clock.monotonic();
      tokens = Math.min(BURST, tokens + ((now - at) / 1_000) * PER_SECOND);
      at = now;
      if (tokens < 1) {
        suppressed += 1;
        return undefined;
      }
      tokens -= 1;
      const told = suppressed;
      suppressed = 0;
      return told;
    },
  };
}
