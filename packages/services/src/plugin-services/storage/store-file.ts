import { existsSync, renameSync } from 'node:fs';
import type { Logger } from '@stormpulse/plugin-api';
import { SqliteError, openDatabase } from '@stormpulse/sqlite';
import type { Database } from '@stormpulse/sqlite';
import type { StoreName, StoreRows } from './store-rows.ts';

export interface StoreFileOptions {
  readonly path: string;
  readonly logger: Logger;
}

/** Values are blobs: one that is no text is that value's fault, not the file's. */
const TABLE =
  'CREATE TABLE IF NOT EXISTS plugin_values (plugin TEXT NOT NULL, store TEXT NOT NULL, key TEXT NOT NULL, bytes INTEGER NOT NULL, ' +
  'value BLOB NOT NULL, PRIMARY KEY (plugin, store, key))';
const PUT =
  'INSERT INTO plugin_values VALUES (?, ?, ?, ?, ?) ' +
  'ON CONFLICT (plugin, store, key) DO UPDATE SET value = excluded.value, bytes = excluded.bytes';
const ONE = 'FROM plugin_values WHERE plugin = ? AND store = ? AND key = ?';

/**
 * The rows of every plugin in the file at `path`, made with mode 0600 when the first one is read or written. A damaged file is moved
 * aside to `PATH.corrupt-TIME`, once a run, and a new one begun: plugins find nothing then, and go on.
 */
export function openStoreFile({ path, logger }: StoreFileOptions): StoreRows {
  let open: Database | undefined;
  let movedAside = false;
  /** Bytes by plugin, as far as they were asked for; right as long as the file is this agent's alone. */
  const totals = new Map<string, number>();
  const use = <T>(work: (database: Database) => T): T => {
    open ??= openTable(path);
    return work(open);
  };
  const run = <T>(work: (database: Database) => T): T => {
    try {
      return use(work);
    } catch (error) {
      totals.clear();
      // A disk that damages the new one too would fill up with what is moved aside.
      if (!(error instanceof SqliteError && error.code === 'corrupt') || movedAside) throw error;
      movedAside = true;
      closeDamaged(open);
      open = undefined;
      const aside = moveAside(path);
      logger.error(
        { err: error, path, aside },
        'the file of what plugins keep is damaged; it was moved aside and a new one begun',
      );
      return use(work);
    }
  };
  const bytesOf = (database: Database, { plugin, store }: StoreName, key: string): number =>
    Number(database.prepare(`SELECT bytes ${ONE}`).get(plugin, store, key)?.['bytes'] ?? 0);
  const add = (plugin: string, bytes: number): void => {
    const total = totals.get(plugin);
    if (total !== undefined) totals.set(plugin, total + bytes);
  };
  return {
    get: ({ plugin, store }, key) =>
      run((database) => {
        const row = database.prepare(`SELECT value ${ONE}`).get(plugin, store, key);
        return row === undefined ? undefined : (row['value'] as Uint8Array);
      }),
    put: (name, { key, value }) =>
      run((database) => {
        const before = bytesOf(database, name, key);
        const bytes = Buffer.byteLength(key) + value.byteLength;
        database.prepare(PUT).run(name.plugin, name.store, key, bytes, value);
        add(name.plugin, bytes - before);
      }),
    remove: (name, key) =>
      run((database) => {
        const before = bytesOf(database, name, key);
        const { changes } = database.prepare(`DELETE ${ONE}`).run(name.plugin, name.store, key);
        add(name.plugin, -before);
        return changes > 0;
      }),
    next: ({ plugin, store }, after) =>
      run((database) => {
        const row = database
          .prepare('SELECT key, value FROM plugin_values WHERE plugin = ? AND store = ? AND key > ? ORDER BY key LIMIT 1')
          .get(plugin, store, after);
        return row === undefined ? undefined : { key: String(row['key']), value: row['value'] as Uint8Array };
      }),
    bytesOf: (plugin) => {
      const known = totals.get(plugin);
      if (known !== undefined) return known;
      const row = run((database) =>
        database.prepare('SELECT TOTAL(bytes) AS total FROM plugin_values WHERE plugin = ?').get(plugin),
      );
      const total = Number(row?.['total'] ?? 0);
      totals.set(plugin, total);
      return total;
    },
    close() {
      const closing = open;
      open = undefined;
      totals.clear();
      closing?.close();
    },
  };
}

function openTable(path: string): Database {
  const database = openDatabase(path, { synchronous: 'full' });
  try {
    database.exec(TABLE);
    return database;
  } catch (error) {
    closeDamaged(database);
    throw error;
  }
}

/** Closing writes the log back, which a damaged file may refuse; it is released all the same. */
function closeDamaged(database: Database | undefined): void {
  try {
    database?.close();
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
  }
}

function moveAside(path: string): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]/gu, '');
  let aside = `${path}.corrupt-${stamp}`;
  for (let more = 2; existsSync(aside); more += 1) aside = `${path}.corrupt-${stamp}-${more}`;
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  return aside;
}
