/** One decimal, as v1's percentages are sent. */
export function toOneDecimal(value: number): number {
  return Number(value.toFixed(1));
}
