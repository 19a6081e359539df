import type { Clock } from '@stormpulse/kernel';

const AT_ONCE_MS = 1;

/** What a reading runs within; cheap for one that is done at once, as most are. */
export interface Deadline {
  /** Aborted when it has passed; made when it is asked for. */
  readonly signal: AbortSignal;
  /** Rejects when it has passed. */
  readonly passed: Promise<never>;
  /** Lets it pass now. */
  readonly pass: (reason: Error) => void;
  /** It is not waited for any more. */
  readonly cancel: () => void;
}

/** Passes after `ms`, with the error that `late` makes. */
export function deadline(clock: Pick<Clock, 'after'>, ms: number, late: () => Error): Deadline {
  let abort: AbortController | undefined;
  let why: Error | undefined;
  let cancel = (): void => undefined;
  let reject = (_reason: Error): void => undefined;
  const passed = new Promise<never>((_, give) => {
    reject = give;
  });
  passed.catch(() => undefined);
  const pass = (reason: Error): void => {
    cancel();
    why = reason;
    abort?.abort(reason);
    reject(reason);
  };
  // A timer wakes an idle host later although it was cancelled: the long one is for what is not done at once.
  cancel = clock.after(AT_ONCE_MS, () => {
    cancel = clock.after(ms - AT_ONCE_MS, () => pass(late()));
  });
  return {
    get signal() {
      if (abort === undefined) {
        abort = new AbortController();
        if (why !== undefined) abort.abort(why);
      }
      return abort.signal;
    },
    passed,
    pass,
    cancel: () => cancel(),
  };
}
