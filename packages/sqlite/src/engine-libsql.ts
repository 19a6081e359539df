import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { EngineOpenOptions, RawDatabase, RawRow, RawStatement, SqlValue } from './port.ts';

interface LibsqlStatement {
  raw(): LibsqlStatement;
  columns(): readonly { readonly name: string; readonly type: string | null }[];
  run(values: readonly SqlValue[]): { readonly changes: number };
  get(values: readonly SqlValue[]): RawRow | undefined;
  all(values: readonly SqlValue[]): readonly RawRow[];
}

interface LibsqlDatabase {
  readonly inTransaction: boolean;
  defaultSafeIntegers(on: boolean): unknown;
  exec(sql: string): void;
  prepare(sql: string): LibsqlStatement;
  close(): void;
}

type Libsql = new (path: string, options: { readonly timeout: number }) => LibsqlDatabase;

/** Opens a file with libsql. Its native part is loaded here, at the first call. Throws when this machine has none. */
export function openLibsql(path: string, { busyTimeoutMs, readonly }: EngineOpenOptions): RawDatabase {
  const Libsql = loadLibsql();
  if (readonly && !existsSync(path)) throw new Error('ConnectionFailed("no such file: 14")');
  // libsql ignores its own `readonly` option.
  const database = new Libsql(readonly ? `file:${encodeURIComponent(path)}?mode=ro` : path, { timeout: busyTimeoutMs });
  database.defaultSafeIntegers(true);
  return {
    get inTransaction() {
      return database.inTransaction;
    },
    exec: (sql) => database.exec(sql),
    prepare: (sql) => wrap(database.prepare(sql)),
    close: () => database.close(),
  };
}

/** A bundle has it as a file beside this one. */
function loadLibsql(): Libsql {
  try {
    return createRequire(import.meta.url)('libsql') as Libsql;
  } catch (cause) {
    const [, part] = /Cannot find module '(@libsql\/[\w-]+)'/u.exec(cause instanceof Error ? cause.message : '') ?? [];
    if (part === undefined) throw cause;
    const wanted = `Node ${process.versions.node} has no node:sqlite of use, and ${part} is not installed`;
    throw new Error(`${wanted}; run Node 22.16 or newer, or install ${part} where this program is installed`, { cause });
  }
}

function wrap(statement: LibsqlStatement): RawStatement {
  const columns = statement.columns().map(({ name, type }) => ({ name, declared: type }));
  if (columns.length > 0) statement.raw();
  return {
    columns,
    // Values always travel in one array: a lone Buffer as argument ends the process.
    run: (values) => statement.run(values).changes,
    get: (values) => statement.get(values),
    all: (values) => statement.all(values),
  };
}
