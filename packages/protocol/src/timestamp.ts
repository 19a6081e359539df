import { daysInMonth, daysSinceEpoch, fractionText } from './calendar.ts';
import type { Timestamp } from './calendar.ts';
import type { Dialect } from './dialect.ts';
import { ProtocolError } from './protocol-error.ts';
import { readReferenceTimestamp } from './reference/timestamp.ts';

export type { Timestamp } from './calendar.ts';

const ZERO = 0x30;
const NINE = 0x39;
const STRICT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * Reads a timestamp (SEC-056). Hardened: `YYYY-MM-DDTHH:MM:SS[.f{1,6}](Z|+HH:MM|-HH:MM)` with real calendar values.
 * Reference: everything the reference agent accepts. Throws `ts_naive` when only the offset is missing, else `ts_invalid`.
 */
export function parseTimestamp(text: string, dialect: Dialect): Timestamp {
  if (dialect === 'reference') return readReferenceTimestamp(text);
  const canonical = readCanonical(text);
  if (canonical !== undefined) return canonical;
  const match = STRICT.exec(text);
  const timestamp = match === null ? undefined : fromFields(match);
  if (timestamp !== undefined) return timestamp;
  throw new ProtocolError(
    isNaive(text) ? 'ts_naive' : 'ts_invalid',
    'expected a timestamp like 2026-03-04T05:06:07.089000Z, with at most six digits of fraction and Z, +HH:MM or -HH:MM',
  );
}

/** Whether SEC-056 takes the spelling. */
export function isStrictTimestamp(text: string): boolean {
  const match = STRICT.exec(text);
  return match !== null && fromFields(match) !== undefined;
}

/** The canonical spelling of a point in time, in UTC: `2026-03-04T05:06:07.089000Z`, without a fraction when it is zero. */
export function formatTimestamp(unixMicros: bigint): string {
  let seconds = unixMicros / 1_000_000n;
  let micros = Number(unixMicros % 1_000_000n);
  if (micros < 0) {
    micros += 1_000_000;
    seconds -= 1n;
  }
  return `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}${fractionText(micros)}Z`;
}

/** What {@link formatTimestamp} prints with a fraction, and nearly every peer sends: eight times as fast as the expression. */
function readCanonical(text: string): Timestamp | undefined {
  if (text.length !== 27 || !SEPARATORS.every(([at, code]) => text.charCodeAt(at) === code)) return undefined;
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 7);
  const day = digits(text, 8, 10);
  const hour = digits(text, 11, 13);
  const minute = digits(text, 14, 16);
  const second = digits(text, 17, 19);
  const micros = digits(text, 20, 26);
  // A fraction of zero is not canonical; what is no digit made its number negative.
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month) || micros < 1) return undefined;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return undefined;
  const seconds = daysSinceEpoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
  return { canonical: text, micros: BigInt(seconds) * 1_000_000n + BigInt(micros) };
}

/** Where `2026-03-04T05:06:07.089000Z` has no digit, and what stands there. */
const SEPARATORS = Array.from('2026-03-04T05:06:07.089000Z', (unit, at) => [at, unit.charCodeAt(0)] as const).filter(
  ([, code]) => code < ZERO || code > NINE,
);

/** The number that the digits from `from` to before `to` spell; negative when one is none. */
function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) return -1;
    value = value * 10 + code - ZERO;
  }
  return value;
}

function fromFields(match: RegExpExecArray): Timestamp | undefined {
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6]);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offsetHours = match[8] === undefined ? 0 : Number(match[9]);
  const offsetMinutes = match[8] === undefined ? 0 : Number(match[10]);
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * (match[8] === '-' ? -60 : 60);
  const fraction = match[7];
  const micros = fraction === undefined ? 0 : Number(fraction.padEnd(6, '0'));
  const seconds = daysSinceEpoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
  const zone = offset === 0 ? 'Z' : match[0].slice(-6);
  return {
    canonical: `${match[0].slice(0, 19)}${fractionText(micros)}${zone}`,
    micros: BigInt(seconds) * 1_000_000n + BigInt(micros),
  };
}

/** Only for the error: the reference grammar tells a missing offset from a malformed text. */
function isNaive(text: string): boolean {
  try {
    readReferenceTimestamp(text);
    return false;
  } catch (error) {
    return error instanceof ProtocolError && error.kind === 'ts_naive';
  }
}
