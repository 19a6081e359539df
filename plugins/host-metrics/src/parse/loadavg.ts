import { toDecimal } from './count.ts';

/** Load over 1, 5 and 15 minutes. */
export type LoadAverage = readonly [number, number, number];

/** Reads `/proc/loadavg`: its first three numbers, or undefined. */
export function parseLoadavg(text: string): LoadAverage | undefined {
  const [one, five, fifteen] = text.trim().split(/\s+/u, 3).map(toDecimal);
  if (one === undefined || five === undefined || fifteen === undefined) return undefined;
  return [one, five, fifteen];
}
