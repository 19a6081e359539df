import type { Timers } from './deadline.ts';

export interface Repeated {
  readonly everyMs: number;
  readonly work: () => Promise<void> | void;
}

/** How much early a task may run to share a wake-up with another, which costs an idle host more than the work itself. */
const SHARED_WAKE_MS = 1_000;

/** Runs each task now and again `everyMs` after it ended, none twice at once, until the returned function is called. */
export function repeat(
  clock: Timers & { monotonic(): number },
  tasks: readonly Repeated[],
  failed: (error: unknown) => void,
): () => void {
  const due = new Map<Repeated, number>(tasks.map((task) => [task, clock.monotonic()]));
  let stopped = false;
  let cancel = (): void => undefined;
  const run = async (task: Repeated): Promise<void> => {
    due.delete(task);
    try {
      await task.work();
    } catch (error) {
      failed(error);
    }
    due.set(task, clock.monotonic() + task.everyMs);
    plan();
  };
  const wake = (): void => {
    const now = clock.monotonic();
    for (const [task, at] of due) {
      if (at - now <= Math.min(SHARED_WAKE_MS, task.everyMs / 10)) void run(task);
    }
  };
  const plan = (): void => {
    cancel();
    if (!stopped && due.size > 0) cancel = clock.after(Math.max(0, Math.min(...due.values()) - clock.monotonic()), wake);
  };
  wake();
  return () => {
    stopped = true;
    cancel();
  };
}
