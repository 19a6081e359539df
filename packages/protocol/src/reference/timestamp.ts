import { daysInMonth, daysSinceEpoch, fractionText } from '../calendar.ts';
import type { Timestamp } from '../calendar.ts';
import { ProtocolError } from '../protocol-error.ts';
import { readDateTime } from './from-iso-format.ts';
import type { LocalDateTime } from './from-iso-format.ts';

/** A timestamp as the reference agent reads it (wire page, section 1.3): every `Z` becomes `+00:00`, then Python's grammar. */
export function readReferenceTimestamp(text: string): Timestamp {
  const local = readDateTime(text.replaceAll('Z', '+00:00'));
  if (local === undefined || !isReal(local)) throw new ProtocolError('ts_invalid', 'not a timestamp in a form Python reads');
  if (local.offset === undefined) throw new ProtocolError('ts_naive', 'the timestamp has no offset');
  return { canonical: isoFormat(local).replaceAll('+00:00', 'Z'), micros: instant(local) };
}

function isReal(local: LocalDateTime): boolean {
  const { year, month, day, hour, minute, second, offset } = local;
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  return offset === undefined || Math.abs(offset.seconds * 1e6 + offset.micros) < 86_400e6;
}

function isoFormat({ year, month, day, hour, minute, second, micros, offset }: LocalDateTime): string {
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}${fractionText(micros)}${offsetText(offset)}`;
}

function offsetText(offset: LocalDateTime['offset']): string {
  if (offset === undefined) return '';
  const total = offset.seconds * 1_000_000 + offset.micros;
  const micros = Math.abs(total) % 1_000_000;
  const seconds = Math.floor(Math.abs(total) / 1_000_000);
  const tail = seconds % 60 === 0 && micros === 0 ? '' : `:${two(seconds % 60)}${fractionText(micros)}`;
  return `${total < 0 ? '-' : '+'}${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}${tail}`;
}

function instant({ year, month, day, hour, minute, second, micros, offset }: LocalDateTime): bigint {
  const seconds = daysSinceEpoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - (offset?.seconds ?? 0);
  return BigInt(seconds) * 1_000_000n + BigInt(micros - (offset?.micros ?? 0));
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
