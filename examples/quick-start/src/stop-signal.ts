const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Aborts when a person or the system asks this process to end: Ctrl-C, SIGTERM, a closed terminal, or nobody reading its output. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  for (const signal of SIGNALS) process.on(signal, stop);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', stop);
  // Only `npm start` opens this channel, so that an end of that process by SIGKILL is seen too.
  if (process.connected) {
    process.once('disconnect', stop);
    process.channel?.unref();
  }
  return controller.signal;
}

/** Settles as `work` does, or to undefined as soon as `stop` aborts. */
export async function unlessStopped<T>(stop: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  if (stop.aborted) {
    work.catch(() => undefined);
    return undefined;
  }
  const { promise, resolve } = withResolver();
  stop.addEventListener('abort', resolve, { once: true });
  try {
    return await Promise.race([work, promise]);
  } catch (error) {
    // Ctrl-C reaches the children as well: what they say of it is no failure.
    if (stop.aborted) return undefined;
    throw error;
  } finally {
    stop.removeEventListener('abort', resolve);
  }
}

function withResolver(): { readonly promise: Promise<undefined>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<undefined>((settle) => {
    resolve = () => settle(undefined);
  });
  return { promise, resolve };
}
