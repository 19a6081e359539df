import type { Clock } from '../ports.ts';

/** Runs `work` now and again `everyMs` after it ended, never twice at once, until the returned function is called. */
export function repeat(
  clock: Pick<Clock, 'after'>,
  everyMs: number,
  work: () => Promise<void> | void,
  failed: (error: unknown) => void,
): () => void {
  let stopped = false;
  let cancel = (): void => undefined;
  const turn = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      failed(error);
    }
    if (!stopped) cancel = clock.after(everyMs, () => void turn());
  };
  void turn();
  return () => {
    stopped = true;
    cancel();
  };
}
