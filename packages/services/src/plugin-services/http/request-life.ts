import { setMaxListeners } from 'node:events';
import type { Clock } from '@stormpulse/kernel';
import type { AgentError } from '@stormpulse/plugin-api';

export interface RequestLifeOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** Each ends the request, for its own reason. */
  readonly enders: readonly { readonly signal: AbortSignal | undefined; readonly reason: string }[];
  readonly error: (reason: string) => AgentError;
}

/** What a request runs within. */
export interface RequestLife {
  /** Aborted when it is ended before its time. */
  readonly signal: AbortSignal;
  /** From now on, instead of the deadline before. */
  readonly endWithin: (ms: number) => void;
}

/**
 * Runs a request to its end, or to its deadline, or until somebody gives it up; whatever it waits for, the promise is settled then.
 * No timer and no listener is left after that.
 */
export async function liveRequest<T>(options: RequestLifeOptions, work: (life: RequestLife) => Promise<T>): Promise<T> {
  const over = new AbortController();
  const listening: (() => void)[] = [];
  let cancel = (): void => undefined;
  let fail = (_error: AgentError): void => undefined;
  const ended = new Promise<never>((_, reject) => {
    fail = reject;
  });
  ended.catch(() => undefined);
  const end = (reason: string): void => {
    const error = options.error(reason);
    fail(error);
    over.abort(error);
  };
  for (const { signal, reason } of options.enders) {
    if (signal === undefined) continue;
    // A plugin may well give one signal to a hundred requests.
    setMaxListeners(0, signal);
    const give = (): void => end(reason);
    if (signal.aborted) give();
    else signal.addEventListener('abort', give, { once: true });
    listening.push(() => signal.removeEventListener('abort', give));
  }
  const endWithin = (ms: number): void => {
    cancel();
    cancel = options.clock.after(ms, () => end(`no whole answer came within ${ms} ms`));
  };
  try {
    if (over.signal.aborted) return await ended;
    return await Promise.race([work({ signal: over.signal, endWithin }), ended]);
  } finally {
    cancel();
    for (const stop of listening) stop();
  }
}
