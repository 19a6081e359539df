/** True while `key` stays within `limit` calls a window; windows are counted from the first call in them. */
export function createRateLimit(limit: number, windowMs: number, now: () => number = Date.now): (key: string) => boolean {
  const windows = new Map<string, { startedAt: number; calls: number }>();
  return (key) => {
    const nowMs = now();
    const current = windows.get(key);
    if (current !== undefined && nowMs - current.startedAt < windowMs) {
      current.calls += 1;
      return current.calls <= limit;
    }
    for (const [name, { startedAt }] of windows) if (nowMs - startedAt >= windowMs) windows.delete(name);
    windows.set(key, { startedAt: nowMs, calls: 1 });
    return limit > 0;
  };
}
