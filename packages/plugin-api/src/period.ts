import { Type } from '@sinclair/typebox';
import type { StringOptions, TString, TTransform } from '@sinclair/typebox';
import { defineError } from './errors.ts';

/** Milliseconds, or the way operators write it. */
export type Period = number | `${number}${'ms' | 's' | 'm' | 'h'}`;

export const PeriodInvalid = defineError<{ text: string }>(
  'E_PERIOD_INVALID',
  'invalid_argument',
  'operator',
  (d) => `"${d.text}" is not a period; write a positive number with ms, s, m or h, for example "15s"`,
);

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const PERIOD = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/u;

/** A period in milliseconds. Throws `E_PERIOD_INVALID` for anything that is not positive and finite. */
export function periodMs(period: Period): number {
  const ms = typeof period === 'number' ? period : parse(period);
  if (!Number.isFinite(ms) || ms <= 0) throw PeriodInvalid({ text: String(period) });
  return ms;
}

function parse(text: string): number {
  const match = PERIOD.exec(text);
  if (match === null) return Number.NaN;
  return Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
}

/** `"15s"` in TOML, milliseconds in code. */
export function Duration(options: StringOptions = {}): TTransform<TString, number> {
  return Type.Transform(Type.String({ pattern: PERIOD.source, ...options }))
    .Decode((text) => periodMs(text as Period))
    .Encode((ms) => `${ms}ms`);
}
