import type { Clock } from '@stormpulse/kernel';

/** Node fires a longer timer at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** This host's clocks; timers run on monotonic time. */
export function createSystemClock(): Clock {
  // Microseconds that follow the steps of the wall clock: monotonic time plus an offset, set anew when the two part.
  let offsetMs = Date.now() - monotonicMs();
  return {
    now() {
      const wallMs = Date.now();
      const fineMs = monotonicMs() + offsetMs;
      if (Math.abs(fineMs - wallMs) <= 1) return fineMs;
      offsetMs += wallMs - fineMs;
      return wallMs;
    },
    monotonic: monotonicMs,
    after(ms, fire) {
      let timer: NodeJS.Timeout;
      const arm = (leftMs: number): void => {
        const turnMs = Math.min(leftMs, LONGEST_MS);
        timer = setTimeout(() => (leftMs > turnMs ? arm(leftMs - turnMs) : fire()), turnMs);
      };
      arm(ms);
      return () => clearTimeout(timer);
    },
  };
}

/** Milliseconds that no step of the wall clock moves. `performance` would load eight modules, and cost over a kilobyte a call on Node 20. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
