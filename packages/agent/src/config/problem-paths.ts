type Path = readonly (string | number)[];

/** Whether one path leads to the other, or both are the same; an index may be a number or its digits. */
export function isRelated(a: Path, b: Path): boolean {
  const shared = Math.min(a.length, b.length);
  return a.slice(0, shared).every((key, at) => String(key) === String(b[at]));
}

/** A copy of `value` without what stands at `paths`; a list with a bad item goes as a whole, its places would move. */
export function without(value: unknown, paths: readonly Path[]): unknown {
  if (paths.length === 0 || typeof value !== 'object' || value === null || value instanceof Date) return value;
  const kept = Object.entries(value).flatMap(([key, child]): [string, unknown][] => {
    const below = paths.filter(([first]) => String(first) === key).map(([, ...rest]) => rest);
    if (below.some((path) => path.length === 0)) return [];
    if (Array.isArray(child) && below.length > 0) return [];
    return [[key, without(child, below)]];
  });
  return Object.fromEntries(kept);
}
