/** A value SQLite can hold. Booleans and dates are left out on purpose: write 0 or 1, and a number or text. */
export type SqlValue = string | number | bigint | Uint8Array | null;

/** One result row by column name. Whole numbers come as `number` when safe, else as `bigint`; blobs as `Uint8Array`. */
export type Row = Readonly<Record<string, SqlValue>>;

/** The engines behind the port: Node's own where it has one, libsql elsewhere. */
export type EngineName = 'libsql' | 'node:sqlite';

/** A prepared statement. Parameters are anonymous (`?`), exactly as many as the text has. */
export interface Statement {
  /** Runs it and says how many rows changed. Throws SqliteError. */
  run(...values: SqlValue[]): { readonly changes: number };
  /** The first row, or undefined. Throws SqliteError. */
  get(...values: SqlValue[]): Row | undefined;
  /** Every row. Throws SqliteError. */
  all(...values: SqlValue[]): Row[];
}

/** One open database file. Synchronous; one connection, to be used from one thread. */
export interface Database {
  readonly engine: EngineName;
  readonly path: string;
  /** Runs statements without parameters and without results. Throws SqliteError. */
  exec(sql: string): void;
  /** Prepares one statement. Throws SqliteError. */
  prepare(sql: string): Statement;
  /** Runs synchronous work between BEGIN IMMEDIATE and COMMIT; anything thrown rolls back and goes on. */
  transaction<T>(work: () => T): T;
  /** Rolls back what is open, writes the log back into the file, and releases it. Safe to call twice. */
  close(): void;
}

/** What an engine returns for one row: columns in order. */
export type RawRow = readonly unknown[];

/** The narrow face each engine shows to the rest of this package. Values are bound already. */
export interface RawStatement {
  /** Names of the result columns; empty when the statement returns none. */
  readonly columns: readonly { readonly name: string; readonly declared: string | null }[];
  run(values: readonly SqlValue[]): number;
  all(values: readonly SqlValue[]): readonly RawRow[];
  get(values: readonly SqlValue[]): RawRow | undefined;
}

/** An engine's connection. */
export interface RawDatabase {
  readonly inTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): RawStatement;
  close(): void;
}

/** How an engine opens a file; `readonly` never creates one. */
export interface EngineOpenOptions {
  readonly busyTimeoutMs: number;
  readonly readonly: boolean;
}

/** Opens one connection of an engine. */
export type OpenEngine = (path: string, options: EngineOpenOptions) => RawDatabase;
