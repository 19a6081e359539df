import type { FormField } from '../api/types.ts';
import { bytesText } from '../text/numbers.ts';
import { durationText } from '../text/time.ts';

interface AmountField {
  readonly type: FormField['type'];
  readonly widget: FormField['widget'] | null;
}

const UNITS: Readonly<Record<'bytes' | 'duration', Readonly<Record<string, number>>>> = {
  bytes: {
    b: 1,
    kb: 1e3,
    mb: 1e6,
    gb: 1e9,
    tb: 1e12,
    kib: 1024,
    mib: 1024 ** 2,
    gib: 1024 ** 3,
    tib: 1024 ** 4,
  },
  duration: { ms: 1, s: 1_000, min: 60_000, m: 60_000, h: 3_600_000, d: 86_400_000 },
};
const AMOUNT = /^(-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)) ?([a-z]+)$/iu;

/** What its person may write for a number of bytes or milliseconds with a unit: `1.5 GiB`, `90s`. Null: another kind of field. */
export function amountUnit({ type, widget }: AmountField): 'bytes' | 'duration' | null {
  const isNumber = type === 'integer' || type === 'number';
  return isNumber && (widget === 'bytes' || widget === 'duration') ? widget : null;
}

/** What was written with a unit, as the plain number that goes to the host; anything else as it is. */
export function plainAmount(field: AmountField, written: string): string {
  const kind = amountUnit(field);
  const [, figure, unit = ''] = (kind !== null && AMOUNT.exec(written.trim())) || [];
  const size = kind === null || !Object.hasOwn(UNITS[kind], unit.toLowerCase()) ? undefined : UNITS[kind][unit.toLowerCase()];
  if (figure === undefined || size === undefined) return written;
  const amount = Number(figure) * size;
  return String(field.type === 'integer' ? Math.round(amount) : amount);
}

/** The amount that is sent, for a person: `1536 MiB` is `1.5 GiB`. Null where nothing that counts is written. */
export function amountSaid(field: AmountField, written: string): string | null {
  const kind = amountUnit(field);
  const amount = written.trim() === '' ? Number.NaN : Number(plainAmount(field, written));
  if (kind === null || !Number.isFinite(amount) || amount < 0) return null;
  return kind === 'bytes' ? bytesText(amount) : durationText(amount);
}
