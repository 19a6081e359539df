import { DeadlineExceeded } from './errors.ts';

/** Calls `fire` once after `ms`; the returned function cancels it. */
export interface Timers {
  after(ms: number, fire: () => void): () => void;
}

/** Bounds any promise: rejects with `E_BUG_DEADLINE` naming `label` once `ms` have passed. The work itself goes on. */
export async function withDeadline<T>(clock: Timers, work: Promise<T>, ms: number, label: string): Promise<T> {
  let cancel = (): void => undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(ms, () => reject(DeadlineExceeded({ label, ms })));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}
