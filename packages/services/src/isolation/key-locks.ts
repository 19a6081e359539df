/** Calls of one plugin that share a key never overlap; they go in the order in which they came. */
export class KeyLocks {
  readonly #last = new Map<string, Promise<void>>();

  /** Rejects with the signal's reason when that comes while it waits; `work` is not begun then. */
  async hold<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key) ?? Promise.resolve();
    let release = (): void => undefined;
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    const last = before.then(() => mine);
    this.#last.set(key, last);
    try {
      await orAborted(before, signal);
      return await work();
    } finally {
      release();
      if (this.#last.get(key) === last) this.#last.delete(key);
    }
  }
}

async function orAborted(turn: Promise<void>, signal: AbortSignal): Promise<void> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason as Error);
  });
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    await Promise.race([turn, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
