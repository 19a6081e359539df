/** What the caller can decide on: stop writing, restore, retry, or report a bug. */
export type SqliteErrorCode = 'full' | 'corrupt' | 'readonly' | 'busy' | 'constraint' | 'io' | 'other';

const CODE_OF_RESULT: ReadonlyMap<number, SqliteErrorCode> = new Map([
  [5, 'busy'],
  [6, 'busy'],
  [8, 'readonly'],
  [10, 'io'],
  [11, 'corrupt'],
  [13, 'full'],
  [14, 'io'],
  [19, 'constraint'],
  [23, 'readonly'],
  [26, 'corrupt'],
]);

const ADVICE: Readonly<Record<SqliteErrorCode, string>> = {
  full: 'the disk (or its quota) is full; free some space, nothing was written',
  corrupt: 'the file is damaged or no database; stop the program, move the file away and restore a copy',
  readonly: 'the file cannot be written; check its owner, its mode and the file system',
  busy: 'another process holds the file; stop it, or try again',
  constraint: 'a rule of the table refused the row',
  io: 'the file cannot be opened, read or written; check that its folder exists and belongs to this user',
  other: 'this is a fault of the program',
};

/** The one error of this package. `path` names the file; the message says what happened and what to do. */
export class SqliteError extends Error {
  readonly code: SqliteErrorCode;
  readonly path: string;

  constructor(code: SqliteErrorCode, path: string, what: string, options?: ErrorOptions) {
    super(`${path}: ${what}; ${ADVICE[code]}`, options);
    this.name = 'SqliteError';
    this.code = code;
    this.path = path;
  }
}

/** Turns whatever an engine threw into a SqliteError with a code. */
export function toSqliteError(path: string, error: unknown): SqliteError {
  if (error instanceof SqliteError) return error;
  const what = error instanceof Error ? error.message.trim() : String(error);
  return new SqliteError(CODE_OF_RESULT.get(resultCode(error, what) & 0xff) ?? 'other', path, what, { cause: error });
}

/** SQLite's own result code: `rawCode` in libsql, `errcode` in node:sqlite, the last number of libsql's text on open. */
function resultCode(error: unknown, what: string): number {
  if (typeof error === 'object' && error !== null) {
    if ('rawCode' in error && typeof error.rawCode === 'number') return error.rawCode;
    if ('errcode' in error && typeof error.errcode === 'number') return error.errcode;
  }
  return Number(/^ConnectionFailed\(.*: (\d+)"\)$/s.exec(what)?.[1] ?? 0);
}
