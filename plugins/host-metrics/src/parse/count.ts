const COUNT = /^\d{1,20}$/u;
const DECIMAL = /^\d{1,15}(?:\.\d{1,9})?$/u;

/** A non-negative whole number as the kernel prints counters (up to 64 bits), or undefined. */
export function toCount(text: string | undefined): number | undefined {
  return text !== undefined && COUNT.test(text) ? Number(text) : undefined;
}

/** A non-negative decimal such as a load average, or undefined. */
export function toDecimal(text: string | undefined): number | undefined {
  return text !== undefined && DECIMAL.test(text) ? Number(text) : undefined;
}

/** The whole numbers of one line, or undefined when a field is none. */
export function toCounts(fields: readonly string[]): number[] | undefined {
  const counts: number[] = [];
  for (const field of fields) {
    const count = toCount(field);
    if (count === undefined) return undefined;
    counts.push(count);
  }
  return counts;
}
