import { closeSync, constants, openSync } from 'node:fs';
import { openLibsql } from './engine-libsql.ts';
import { hasNodeSqlite, openNodeSqlite } from './engine-node.ts';
import { SqliteError, toSqliteError } from './errors.ts';
import type { Database, EngineName, RawDatabase } from './port.ts';
import { guarded, prepareStatement } from './statement.ts';

/** `synchronous` is `full` unless told (SEC-062); `busyTimeoutMs` is 5,000; `engine` is chosen by what this Node has. */
export interface OpenDatabaseOptions {
  readonly synchronous?: 'full' | 'normal';
  readonly busyTimeoutMs?: number;
  /** Opens an existing file and never writes to it. */
  readonly readonly?: boolean;
  readonly engine?: EngineName;
}

const SYNCHRONOUS = { normal: 1, full: 2 } as const;

/**
 * Opens a database file, created with mode 0600 when missing. Journal mode WAL and `synchronous` are set and read back;
 * a difference is fatal (security model, SEC-062). Throws SqliteError.
 */
export function openDatabase(path: string, options: OpenDatabaseOptions = {}): Database {
  const engine = options.engine ?? (hasNodeSqlite() ? 'node:sqlite' : 'libsql');
  const readonly = options.readonly ?? false;
  const raw = guarded(path, () => {
    if (!readonly && path !== ':memory:') createPrivate(path);
    const open = engine === 'libsql' ? openLibsql : openNodeSqlite;
    return open(path, { busyTimeoutMs: options.busyTimeoutMs ?? 5_000, readonly });
  });
  try {
    configure(path, raw, readonly, options.synchronous ?? 'full');
  } catch (error) {
    raw.close();
    throw toSqliteError(path, error);
  }
  return database(path, engine, raw, readonly);
}

function createPrivate(path: string): void {
  try {
    closeSync(openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new SqliteError('io', path, `cannot open the database file (${detail})`, { cause: error });
  }
}

function configure(path: string, raw: RawDatabase, readonly: boolean, synchronous: 'full' | 'normal'): void {
  raw.exec('PRAGMA trusted_schema = OFF');
  if (readonly) {
    raw.exec('PRAGMA query_only = 1');
    pragma(raw, 'schema_version');
    return;
  }
  raw.exec('PRAGMA foreign_keys = ON');
  expectPragma(path, raw, 'journal_mode', path === ':memory:' ? 'memory' : 'wal');
  raw.exec(`PRAGMA synchronous = ${SYNCHRONOUS[synchronous]}`);
  expectPragma(path, raw, 'synchronous', SYNCHRONOUS[synchronous]);
}

function expectPragma(path: string, raw: RawDatabase, name: string, expected: string | number): void {
  if (typeof expected === 'string') pragma(raw, `${name} = ${expected}`);
  const got = String(pragma(raw, name));
  if (got === String(expected)) return;
  throw new SqliteError(
    'other',
    path,
    `PRAGMA ${name} reads back ${got}, expected ${expected} (is the file on a network file system?)`,
  );
}

function pragma(raw: RawDatabase, text: string): unknown {
  return raw.prepare(`PRAGMA ${text}`).all([])[0]?.[0];
}

function database(path: string, engine: EngineName, raw: RawDatabase, readonly: boolean): Database {
  let open: RawDatabase | undefined = raw;
  const connection = {
    path,
    raw(): RawDatabase {
      if (open === undefined) throw new SqliteError('other', path, 'the database is closed');
      return open;
    },
  };
  return {
    path,
    engine,
    exec: (sql) => guarded(path, () => connection.raw().exec(sql)),
    prepare: (sql) => prepareStatement(connection, sql),
    transaction: (work) => runTransaction(path, connection.raw(), work),
    close() {
      if (open === undefined) return;
      const closing = open;
      open = undefined;
      guarded(path, () => closeQuietly(closing, readonly));
    },
  };
}

/** A statement that is still referenced keeps the file open in libsql, so nothing may be left to do when it is collected. */
function closeQuietly(raw: RawDatabase, readonly: boolean): void {
  try {
    if (raw.inTransaction) raw.exec('ROLLBACK');
    if (!readonly) raw.prepare('PRAGMA wal_checkpoint(PASSIVE)').all([]);
  } finally {
    raw.close();
  }
}

/** BEGIN and COMMIT are written out: on a full disk SQLite has rolled back already, and a second ROLLBACK would hide the cause. */
function runTransaction<T>(path: string, raw: RawDatabase, work: () => T): T {
  if (raw.inTransaction) throw new SqliteError('other', path, 'a transaction is open already; transactions do not nest');
  guarded(path, () => raw.exec('BEGIN IMMEDIATE'));
  try {
    const result = work();
    if (result instanceof Promise) throw new SqliteError('other', path, 'the work of a transaction must be synchronous');
    guarded(path, () => raw.exec('COMMIT'));
    return result;
  } catch (error) {
    if (raw.inTransaction) guarded(path, () => raw.exec('ROLLBACK'));
    throw error;
  }
}
