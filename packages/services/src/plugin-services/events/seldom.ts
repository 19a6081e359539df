import type { Clock } from '@stormpulse/kernel';

/** Lets something be done at most once in `ms`; what comes between is left out. */
export function createSeldom(clock: Pick<Clock, 'monotonic'>, ms: number): (work: () => void) => void {
  let next = Number.NEGATIVE_INFINITY;
  return (work) => {
    const now = clock.monotonic();
    if (now < next) return;
    next = now + ms;
    work();
  };
}
