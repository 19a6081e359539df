import { createRequire } from 'node:module';
import type { EngineOpenOptions, RawDatabase, RawRow, RawStatement, SqlValue } from './port.ts';

interface NodeStatement {
  setReadBigInts(on: boolean): void;
  setReturnArrays(on: boolean): void;
  columns(): readonly { readonly name: string; readonly type: string | null }[];
  run(...values: SqlValue[]): { readonly changes: number | bigint };
  get(...values: SqlValue[]): RawRow | undefined;
  all(...values: SqlValue[]): readonly RawRow[];
}

interface NodeDatabase {
  readonly isTransaction: boolean;
  exec(sql: string): void;
  prepare(sql: string): NodeStatement;
  close(): void;
}

interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: { readonly readOnly: boolean; readonly timeout: number }) => NodeDatabase;
  readonly StatementSync: { readonly prototype: object };
}

/** Node's own engine, or undefined where it is missing, behind a flag, or too young to name its result columns (before 22.16). */
function loadNodeSqlite(): NodeSqlite | undefined {
  try {
    const module = createRequire(import.meta.url)('node:sqlite') as NodeSqlite;
    return 'columns' in module.StatementSync.prototype && 'setReturnArrays' in module.StatementSync.prototype
      ? module
      : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_UNKNOWN_BUILTIN_MODULE') return undefined;
    throw error;
  }
}

/** True where this Node has the engine. */
export function hasNodeSqlite(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 13) ? loadNodeSqlite() !== undefined : false;
}

/** Opens a file with node:sqlite. Throws when this Node has none. */
export function openNodeSqlite(path: string, { busyTimeoutMs, readonly }: EngineOpenOptions): RawDatabase {
  const module = loadNodeSqlite();
  if (module === undefined)
    throw new Error(`Node ${process.versions.node} has no usable node:sqlite (22.16 is the first); use libsql`);
  const database = new module.DatabaseSync(path, { readOnly: readonly, timeout: busyTimeoutMs });
  return {
    get inTransaction() {
      return database.isTransaction;
    },
    exec: (sql) => database.exec(sql),
    prepare: (sql) => wrap(database.prepare(sql)),
    close: () => database.close(),
  };
}

function wrap(statement: NodeStatement): RawStatement {
  const columns = statement.columns().map(({ name, type }) => ({ name, declared: type }));
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  return {
    columns,
    run: (values) => Number(statement.run(...values).changes),
    get: (values) => statement.get(...values),
    all: (values) => statement.all(...values),
  };
}
