import type { Clock, Link } from '../ports.ts';

/** SEC-005. */
const PING_EVERY_MS = 20_000;
const PONG_WITHIN_MS = 20_000;

/** Pings the hub and calls `dead` once a pong stays away. A pong or any frame is a sign of life. */
export function watchLiveness(
  clock: Clock,
  link: Link,
  dead: () => void,
): { readonly alive: () => void; readonly stop: () => void } {
  let cancel = (): void => undefined;
  let stopped = false;
  let answered = true;
  const pinged = (): void => {
    if (stopped) return;
    answered = false;
    link.ping();
    cancel = clock.after(PONG_WITHIN_MS, () => {
      if (!answered) dead();
      else cancel = clock.after(PING_EVERY_MS - PONG_WITHIN_MS, pinged);
    });
  };
  cancel = clock.after(PING_EVERY_MS, pinged);
  return {
    alive: () => {
      answered = true;
    },
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}
