/** Checks of one value, for a `KeySpec`: each answers what was expected, or undefined when the value is right. */
type Check<T> = (value: T) => string | undefined;

export const positive: Check<number> = (value) => (Number.isFinite(value) && value > 0 ? undefined : 'a number above 0');

export function between(low: number, high: number): Check<number> {
  return (value) => (value >= low && value <= high ? undefined : `a number from ${low} to ${high}`);
}

export function atLeast(low: number): Check<number> {
  return (value) => (Number.isFinite(value) && value >= low ? undefined : `a number, at least ${low}`);
}

export function wholeBetween(low: number, high: number): Check<number> {
  return (value) =>
    Number.isInteger(value) && value >= low && value <= high ? undefined : `a whole number from ${low} to ${high}`;
}

export function oneOf(...options: readonly string[]): Check<string> {
  const expected = options.map((option) => JSON.stringify(option)).join(' or ');
  return (value) => (options.includes(value) ? undefined : expected);
}
