import { isoWeekDate } from './iso-week.ts';

/** Fields as written; ranges are not checked here. `offset` is absent for a text without one. */
export interface LocalDateTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
  readonly offset: { readonly seconds: number; readonly micros: number } | undefined;
}

interface Clock {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
  /** Something stood between the last field and the end. */
  readonly rest: boolean;
}

const DASH = 0x2d;
const WEEK = 0x57;
const COLON = 0x3a;

/**
 * Python's `datetime.fromisoformat` grammar as its C implementation reads it, byte by byte over UTF-8, quirks included:
 * any character between date and time, fields without separators, week dates, one character before the offset.
 * Undefined when Python would refuse the form.
 */
export function readDateTime(text: string): LocalDateTime | undefined {
  const clean = withoutSurrogateSeparator(text);
  if (clean.length < 7 || !clean.isWellFormed()) return undefined;
  const bytes = new TextEncoder().encode(clean);
  const split = separatorPosition(bytes);
  if (split < 0 || split > bytes.length) return undefined;
  const date = readDate(bytes, split);
  if (date === undefined) return undefined;
  if (bytes.length === split) {
    return { ...date, hour: 0, minute: 0, second: 0, micros: 0, offset: undefined };
  }
  const time = readTime(bytes, split + characterLength(at(bytes, split)));
  return time === undefined ? undefined : { ...date, ...time };
}

/** Bytes beyond the end read as NUL, as in a C string. */
function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function digits(bytes: Uint8Array, start: number, count: number): number | undefined {
  let value = 0;
  for (let index = start; index < start + count; index += 1) {
    const byte = at(bytes, index);
    if (!isDigit(byte)) return undefined;
    value = value * 10 + (byte - 0x30);
  }
  return value;
}

/** A lone surrogate is tolerated in the one place where any character is: between date and time. */
function withoutSurrogateSeparator(text: string): string {
  for (const index of [10, 8, 7]) {
    const unit = text.charCodeAt(index);
    if (unit >= 0xd800 && unit <= 0xdfff && !(text[index - 1]! + text[index]! + (text[index + 1] ?? '')).isWellFormed()) {
      return `${text.slice(0, index)}T${text.slice(index + 1)}`;
    }
  }
  return text;
}

function characterLength(lead: number): number {
  if (lead < 0x80) return 1;
  if ((lead & 0xf0) === 0xe0) return 3;
  return (lead & 0xf0) === 0xf0 ? 4 : 2;
}

function separatorPosition(bytes: Uint8Array): number {
  if (bytes.length === 7) return 7;
  if (at(bytes, 4) === DASH) return at(bytes, 5) === WEEK ? weekSeparator(bytes) : 10;
  if (at(bytes, 4) !== WEEK) return 8;
  let end = 7;
  while (end < bytes.length && isDigit(at(bytes, end))) end += 1;
  if (end < 9) return end;
  return end % 2 === 0 ? 7 : 8;
}

function weekSeparator(bytes: Uint8Array): number {
  if (bytes.length < 8) return -1;
  if (bytes.length === 8 || at(bytes, 8) !== DASH) return 8;
  if (bytes.length === 9) return -1;
  return bytes.length > 10 && isDigit(at(bytes, 10)) ? 8 : 10;
}

function readDate(bytes: Uint8Array, end: number): { year: number; month: number; day: number } | undefined {
  const year = digits(bytes, 0, 4);
  if (year === undefined) return undefined;
  const dashed = at(bytes, 4) === DASH;
  const position = dashed ? 5 : 4;
  if (at(bytes, position) === WEEK) return readWeekDate(bytes, { year, position: position + 1, dashed, end });
  const month = digits(bytes, position, 2);
  if (month === undefined || (dashed && at(bytes, position + 2) !== DASH)) return undefined;
  const dayAt = position + (dashed ? 3 : 2);
  const day = digits(bytes, dayAt, 2);
  return day === undefined || dayAt + 2 !== end ? undefined : { year, month, day };
}

function readWeekDate(
  bytes: Uint8Array,
  { year, position, dashed, end }: { year: number; position: number; dashed: boolean; end: number },
): { year: number; month: number; day: number } | undefined {
  const week = digits(bytes, position, 2);
  if (week === undefined) return undefined;
  let weekday: number | undefined = 1;
  if (position + 2 < end) {
    if (dashed && at(bytes, position + 2) !== DASH) return undefined;
    weekday = digits(bytes, position + (dashed ? 3 : 2), 1);
  }
  return weekday === undefined ? undefined : isoWeekDate(year, week, weekday);
}

function readTime(bytes: Uint8Array, start: number): Omit<LocalDateTime, 'year' | 'month' | 'day'> | undefined {
  let zone = start;
  do {
    const byte = at(bytes, zone);
    if (byte === 0x2b || byte === DASH || byte === 0x5a) break;
    zone += 1;
  } while (zone < bytes.length);
  const clock = readClock(bytes, start, zone);
  if (clock === undefined) return undefined;
  const { hour, minute, second, micros } = clock;
  if (zone >= bytes.length) return clock.rest ? undefined : { hour, minute, second, micros, offset: undefined };
  const offset = readClock(bytes, zone + 1, bytes.length);
  if (offset === undefined || offset.rest) return undefined;
  return { hour, minute, second, micros, offset: signedOffset(offset, at(bytes, zone) === DASH ? -1 : 1) };
}

/** Whole seconds of zero make UTC, whatever fraction follows. */
function signedOffset(clock: Clock, sign: 1 | -1): { seconds: number; micros: number } {
  const seconds = clock.hour * 3600 + clock.minute * 60 + clock.second;
  return seconds === 0 ? { seconds: 0, micros: 0 } : { seconds: sign * seconds, micros: sign * clock.micros };
}

/** `HH[[:]MM[[:]SS]][.fff]` between `start` and `end`. */
function readClock(bytes: Uint8Array, start: number, end: number): Clock | undefined {
  const fields = [0, 0, 0];
  let position = start;
  let separated = true;
  for (let index = 0; index < 3; index += 1) {
    const value = digits(bytes, position, 2);
    if (value === undefined) return undefined;
    fields[index] = value;
    const next = at(bytes, position + 2);
    position += 3;
    if (index === 0) separated = next === COLON;
    if (position >= end) return { hour: fields[0]!, minute: fields[1]!, second: fields[2]!, micros: 0, rest: next !== 0 };
    if (separated && next === COLON) continue;
    if (next === 0x2e || next === 0x2c) break;
    if (separated) return undefined;
    position -= 1;
  }
  const count = Math.min(end - position, 6);
  const fraction = digits(bytes, position, count);
  if (fraction === undefined) return undefined;
  position += count;
  while (isDigit(at(bytes, position))) position += 1;
  return {
    hour: fields[0]!,
    minute: fields[1]!,
    second: fields[2]!,
    micros: fraction * 10 ** (6 - count),
    rest: at(bytes, position) !== 0,
  };
}
