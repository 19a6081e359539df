import type { Timers } from './deadline.ts';

/** SEC-005. */
const PING_AFTER_MS = 20_000;
const PONG_WITHIN_MS = 20_000;

/**
 * Pings a hub that said nothing for 20 s, and calls `dead` after 20 s more of silence. A pong or a frame is a sign of life:
 * a link on which acknowledgements come needs no ping of its own.
 */
export function watchLiveness(
  clock: Timers,
  link: { ping(): void },
  dead: () => void,
): { readonly alive: () => void; readonly stop: () => void } {
  const listen = (): (() => void) => clock.after(PING_AFTER_MS, ping);
  const ping = (): void => {
    cancel = clock.after(PONG_WITHIN_MS, dead);
    link.ping();
  };
  let cancel = listen();
  let stopped = false;
  return {
    alive: () => {
      if (stopped) return;
      cancel();
      cancel = listen();
    },
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}
