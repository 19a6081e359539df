/** Orders text by Unicode code point, as the canonical text needs it; JavaScript's own order is by UTF-16 unit. */
export function compareCodePoints(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  for (let index = 0; index < end; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left === right) continue;
    return left < FIRST_SURROGATE || right < FIRST_SURROGATE
      ? left - right
      : codePointAround(a, index) - codePointAround(b, index);
  }
  return a.length - b.length;
}

const FIRST_SURROGATE = 0xd800;

/** The code point that the unit at `index` belongs to. */
function codePointAround(text: string, index: number): number {
  const before = index > 0 ? text.codePointAt(index - 1)! : 0;
  return before > 0xffff ? before : text.codePointAt(index)!;
}
