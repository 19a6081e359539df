import { SqliteError, toSqliteError } from './errors.ts';
import type { RawDatabase, RawRow, RawStatement, Row, SqlValue, Statement } from './port.ts';
import { describeSql } from './sql-text.ts';
import { bindValue, readRow } from './values.ts';

/** A connection that may have been closed under a statement. */
export interface Connection {
  readonly path: string;
  /** Throws SqliteError once closed: libsql would go on writing. */
  raw(): RawDatabase;
}

interface Prepared {
  readonly statement: RawStatement;
  readonly names: readonly string[];
  /** The last column of a row is the mask of text columns. */
  readonly masked: boolean;
}

/** Prepares one statement of the port. Throws SqliteError. */
export function prepareStatement(connection: Connection, sql: string): Statement {
  const { path } = connection;
  const shape = describeSql(sql);
  if (shape.fault !== undefined) throw new SqliteError('other', path, `cannot prepare this SQL: ${shape.fault}`);
  const prepared = guarded(path, () => prepareReadable(connection, sql, shape.query));

  function bind(values: readonly SqlValue[]): SqlValue[] {
    if (values.length !== shape.parameters) {
      throw new SqliteError('other', path, `the statement takes ${shape.parameters} parameters, ${values.length} were given`);
    }
    connection.raw();
    return values.map((value, position) => bindValue(path, value, position));
  }

  return {
    run(...values) {
      const bound = bind(values);
      return guarded(path, () => ({ changes: runRaw(connection, prepared.statement, bound) }));
    },
    get(...values) {
      const bound = bind(values);
      const raw = guarded(path, () => prepared.statement.get(bound));
      return raw === undefined ? undefined : toRow(path, prepared, raw);
    },
    all(...values) {
      const bound = bind(values);
      return guarded(path, () => prepared.statement.all(bound)).map((raw) => toRow(path, prepared, raw));
    },
  };
}

/**
 * Text is fetched as bytes with a mask that says which columns were text: read directly, libsql ends the process on text
 * that is not UTF-8, and both engines cut text at NUL. Where a statement cannot be wrapped, text columns are refused.
 */
function prepareReadable(connection: Connection, sql: string, query: boolean): Prepared {
  const raw = connection.raw();
  const direct = raw.prepare(sql);
  const names = direct.columns.map((column) => column.name);
  if (names.length === 0 || /^\s*pragma\b/i.test(sql)) return { statement: direct, names, masked: false };
  if (query && names.length <= 60) return { statement: raw.prepare(maskedQuery(sql, names.length)), names, masked: true };
  const risky = direct.columns.find((column) => !/INT|REAL|FLOA|DOUB|BLOB/i.test(column.declared ?? ''));
  if (risky !== undefined) {
    throw new SqliteError('other', connection.path, `column ${risky.name} of a RETURNING clause is text; read it with SELECT`);
  }
  return { statement: direct, names, masked: false };
}

function maskedQuery(sql: string, count: number): string {
  const columns = Array.from({ length: count }, (_, index) => `c${index}`);
  const values = columns.map((name) => `CASE typeof(${name}) WHEN 'text' THEN CAST(${name} AS BLOB) ELSE ${name} END`);
  const mask = columns.map((name, index) => `((typeof(${name})='text')<<${index})`).join('|');
  return `WITH sp_read(${columns.join(',')}) AS (${sql.trim().replace(/;\s*$/, '')}\n) SELECT ${values.join(',')},${mask} FROM sp_read`;
}

function toRow(path: string, { names, masked }: Prepared, raw: RawRow): Row {
  return readRow(path, names, raw, masked ? (raw[names.length] as bigint) : 0n);
}

/** A statement with RETURNING reports no changes and stays open under `run`, so its rows are read to the end. */
function runRaw(connection: Connection, statement: RawStatement, bound: readonly SqlValue[]): number {
  if (statement.columns.length === 0) return statement.run(bound);
  statement.all(bound);
  return Number(connection.raw().prepare('SELECT changes()').get([])?.[0] ?? 0);
}

/** Runs engine code and gives its errors this package's type. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw toSqliteError(path, error);
  }
}
