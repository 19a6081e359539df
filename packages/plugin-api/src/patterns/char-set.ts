/** Code points as sorted, disjoint, inclusive ranges. */
export type CharSet = readonly (readonly [first: number, last: number])[];

export const EMPTY: CharSet = [];
const LAST_CODE_POINT = 0x10ffff;

/** A set of any ranges, in any order. */
export function charSet(ranges: CharSet): CharSet {
  const merged: [number, number][] = [];
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const previous = merged.at(-1);
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

export function union(...sets: readonly CharSet[]): CharSet {
  return charSet(sets.flat());
}

export function negate(set: CharSet): CharSet {
  const gaps: [number, number][] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) gaps.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= LAST_CODE_POINT) gaps.push([next, LAST_CODE_POINT]);
  return gaps;
}

export function overlaps(a: CharSet, b: CharSet): boolean {
  let [i, j] = [0, 0];
  for (let left = a[0], right = b[0]; left !== undefined && right !== undefined; left = a[i], right = b[j]) {
    if (left[0] <= right[1] && right[0] <= left[1]) return true;
    if (left[1] < right[1]) i += 1;
    else j += 1;
  }
  return false;
}

export function contains(set: CharSet, codePoint: number): boolean {
  return set.some(([first, last]) => first <= codePoint && codePoint <= last);
}
