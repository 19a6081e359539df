import { SqliteError } from './errors.ts';
import type { RawRow, Row, SqlValue } from './port.ts';

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
const LONE_SURROGATE = /\p{Surrogate}/u;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Makes a value safe for both engines: libsql writes every JS number as REAL, aborts the process on a boolean or a Date,
 * cuts text at NUL; node:sqlite turns NaN into NULL. What has no exact place is refused here.
 */
export function bindValue(path: string, value: SqlValue, position: number): SqlValue {
  if (value === null) return null;
  if (typeof value === 'string') return bindText(path, value, position);
  if (typeof value === 'number') return bindNumber(path, value, position);
  if (typeof value === 'bigint') {
    if (value > INT64_MAX || value < INT64_MIN)
      throw refused(path, position, 'an integer of more than 64 bits', 'text or a blob');
    return value;
  }
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw refused(path, position, describe(value), 'text, a number, a bigint, a Uint8Array or null');
}

function bindNumber(path: string, value: number, position: number): number | bigint {
  if (!Number.isFinite(value)) throw refused(path, position, 'a number that is not finite', 'a finite number or null');
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;
}

function bindText(path: string, value: string, position: number): string {
  if (value.includes('\0')) throw refused(path, position, 'text with a NUL character', 'a blob, or text without NUL');
  if (LONE_SURROGATE.test(value)) throw refused(path, position, 'text with half a surrogate pair', 'well-formed text');
  return value;
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a value of type ${typeof value}`;
  return `an object of type ${value.constructor?.name ?? 'Object'}`;
}

function refused(path: string, position: number, got: string, expected: string): SqliteError {
  return new SqliteError('other', path, `parameter ${position + 1} is ${got}, expected ${expected}`);
}

/** Names the columns of one row and brings its values into the port's types. `textMask` has a bit for each text column. */
export function readRow(path: string, names: readonly string[], raw: RawRow, textMask: bigint): Row {
  const row: Record<string, SqlValue> = Object.create(null) as Record<string, SqlValue>;
  for (const [index, name] of names.entries()) {
    const isText = ((textMask >> BigInt(index)) & 1n) === 1n;
    row[name] = readValue(path, name, raw[index], isText);
  }
  return row;
}

function readValue(path: string, name: string, value: unknown, isText: boolean): SqlValue {
  if (value === null || typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }
  const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value;
  if (!(bytes instanceof Uint8Array)) throw new SqliteError('other', path, `column ${name} has an unknown kind of value`);
  return isText ? decodeText(path, name, bytes) : new Uint8Array(bytes);
}

function decodeText(path: string, name: string, bytes: Uint8Array): string {
  try {
    return UTF8.decode(bytes);
  } catch (error) {
    throw new SqliteError('corrupt', path, `column ${name} holds text that is not UTF-8`, { cause: error });
  }
}
