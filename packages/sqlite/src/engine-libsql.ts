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

/** Opens a file with libsql. Its native part is loaded here, at the first call, so that a bundle can leave it outside. */
export function openLibsql(path: string, { busyTimeoutMs, readonly }: EngineOpenOptions): RawDatabase {
  const Libsql = createRequire(import.meta.url)('libsql') as Libsql;
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
