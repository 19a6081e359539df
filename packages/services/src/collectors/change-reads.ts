import type { Clock } from '@stormpulse/kernel';

/** What changes together is read together. */
const SETTLE_MS = 500;
/** Between the beginnings of two readings, whatever is said meanwhile. */
const GAP_MS = 5_000;
const LONGEST_GAP_MS = 60_000;
/** Beyond these all is read. */
const MAX_KEYS = 1_000;

export interface ChangeReads {
  /** It changed, or these parts of it did. Never throws. */
  mark(keys?: Iterable<string>): void;
  /** Whether somebody is there to be told; until then what is marked waits. */
  heed(isHeeded: boolean): void;
}

/** Reads what its source says has changed: soon, seldom, and again until it was read. `read` may reject. */
export function changeReads(
  clock: Pick<Clock, 'after' | 'monotonic'>,
  read: (only: ReadonlySet<string> | undefined) => Promise<unknown>,
): ChangeReads {
  let isWhole = false;
  let keys = new Set<string>();
  let isHeeded = false;
  let isReading = false;
  let lastMs: number | undefined;
  let failures = 0;
  let cancel: (() => void) | undefined;

  const add = (more?: Iterable<string>): void => {
    if (more === undefined) isWhole = true;
    else for (const key of more) keys.add(key);
    isWhole ||= keys.size > MAX_KEYS;
  };

  const begin = async (): Promise<void> => {
    cancel = undefined;
    const only = isWhole ? undefined : keys;
    [isWhole, keys, isReading, lastMs] = [false, new Set(), true, clock.monotonic()];
    try {
      await read(only);
      failures = 0;
    } catch {
      // Its collector's trouble is told where readings are; what was to be read still is.
      failures += 1;
      add(only);
    }
    isReading = false;
    schedule();
  };

  const schedule = (): void => {
    if (!isHeeded || isReading || cancel !== undefined || !(isWhole || keys.size > 0)) return;
    const gapMs = Math.min(LONGEST_GAP_MS, GAP_MS * 2 ** failures);
    const leftMs = lastMs === undefined ? 0 : lastMs + gapMs - clock.monotonic();
    cancel = clock.after(Math.max(SETTLE_MS, leftMs), () => void begin());
  };

  return {
    mark(more) {
      add(more);
      schedule();
    },
    heed(isThere) {
      isHeeded = isThere;
      if (isHeeded) return schedule();
      cancel?.();
      cancel = undefined;
    },
  };
}
