import type { Findings } from './findings.ts';

const MAX_EDITS = 2;

/** A key that nothing reads: refused when it looks like a typo of one that is read, else a warning (design D1). */
export function checkKeys(table: object, known: readonly string[], path: readonly string[], findings: Findings): void {
  for (const key of Object.keys(table)) {
    if (known.includes(key)) continue;
    const nearest = nearestKey(key, known);
    if (nearest === undefined) findings.warn([...path, key], 'this key is not known and has no effect');
    else
      findings.refuse([...path, key], 'is not known', `${nearest}, which it looks like`, `rename it to ${nearest}, or remove it`);
  }
}

/** The known key within two edits, if there is one. */
export function nearestKey(key: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, edits: editDistance(key, candidate) }))
    .toSorted((a, b) => a.edits - b.edits);
  return best !== undefined && best.edits <= MAX_EDITS && best.edits < key.length ? best.candidate : undefined;
}

/** Insertions, deletions and replacements between two keys; anything far apart in length is just far. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_EDITS) return MAX_EDITS + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replace, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
