import type { Clock } from '@stormpulse/kernel';

/** This host's clocks; timers run on monotonic time. */
export function createSystemClock(): Clock {
  return {
    now: () => performance.timeOrigin + performance.now() + drift(),
    monotonic: () => performance.now(),
    after(ms, fire) {
      const timer = setTimeout(fire, ms);
      return () => clearTimeout(timer);
    },
  };
}

/** `performance` never follows a step of the wall clock; the signed times it is compared with do. */
function drift(): number {
  const offset = Date.now() - (performance.timeOrigin + performance.now());
  return Math.abs(offset) < 1 ? 0 : offset;
}
