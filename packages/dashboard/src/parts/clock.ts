/** One timer for every age on the page; it runs only while somebody looks at it. */
export interface Clock {
  readonly subscribe: (onTick: () => void) => () => void;
  readonly nowMs: () => number;
}

export function createClock(tickMs: number): Clock {
  const listeners = new Set<() => void>();
  let timer: ReturnType<typeof setInterval> | null = null;
  let current = Date.now();
  const tick = () => {
    current = Date.now();
    for (const listener of listeners) listener();
  };
  return {
    subscribe(onTick) {
      listeners.add(onTick);
      current = Date.now();
      timer ??= setInterval(tick, tickMs);
      return () => {
        listeners.delete(onTick);
        if (listeners.size > 0 || timer === null) return;
        clearInterval(timer);
        timer = null;
      };
    },
    nowMs: () => current,
  };
}
