import type { Row, SqlValue } from '@stormpulse/sqlite';

/** Text of a column that may be null. */
export function textOrNull(row: Row, name: string): string | null {
  const value = row[name] ?? null;
  return value === null ? null : String(value);
}

/** Number of a column that may be null. */
export function numberOrNull(row: Row, name: string): number | null {
  const value: SqlValue = row[name] ?? null;
  return value === null ? null : Number(value);
}

/** Text of a column that is never null. */
export function text(row: Row, name: string): string {
  return String(row[name] ?? '');
}

/** Number of a column that is never null. */
export function number(row: Row, name: string): number {
  return Number(row[name] ?? 0);
}

/** Bytes of a column that is never null. */
export function bytes(row: Row, name: string): Uint8Array {
  const value = row[name];
  return value instanceof Uint8Array ? value : new Uint8Array();
}

/** Bytes of UTF-8 text, or null; for agents' text, which may hold NUL. */
export function utf8OrNull(row: Row, name: string): string | null {
  const value = row[name];
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : null;
}
