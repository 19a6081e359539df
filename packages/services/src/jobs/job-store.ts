import { existsSync, renameSync } from 'node:fs';
import type { Logger } from '@stormpulse/plugin-api';
import { openDatabase, SqliteError } from '@stormpulse/sqlite';
import type { Database, SqlValue } from '@stormpulse/sqlite';

/** A job that was taken and has no result yet. */
export interface KeptJob {
  readonly requestId: string;
  readonly command: string;
  readonly group: string;
  readonly sequenceId: string | null;
  /** The command as it was: one that changed is not resumed. */
  readonly spec: string;
  /** As the hub sent them; undefined for a job that is not resumed. */
  readonly params?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly checkpoint?: string;
}

/** What a restart must know of jobs. On disk when a method returns; each throws when it cannot be. */
export interface JobStore {
  all(): readonly KeptJob[];
  /** False, and no throw, when it cannot be told. */
  has(requestId: string): boolean;
  add(job: KeptJob): void;
  save(requestId: string, checkpoint: string): void;
  forget(requestId: string): void;
  /** Idempotent; used again, it opens again. */
  close(): void;
}

const TABLE =
  'CREATE TABLE IF NOT EXISTS jobs (request_id TEXT PRIMARY KEY, command TEXT NOT NULL, command_group TEXT NOT NULL, ' +
  'sequence_id TEXT, spec TEXT NOT NULL, params TEXT, checkpoint TEXT)';

/** The store in the file at `path`, made with mode 0600 when the first job comes: a host without jobs has none. */
export function openJobStore(options: { readonly path: string; readonly logger: Logger }): JobStore {
  const { path } = options;
  let open: Database | undefined;
  const run = (sql: string, ...values: SqlValue[]): void => {
    open ??= openChecked(options);
    open.prepare(sql).run(...values);
  };
  const has = (requestId: string): boolean => {
    if (open === undefined && !existsSync(path)) return false;
    open ??= openChecked(options);
    return open.prepare('SELECT 1 AS here FROM jobs WHERE request_id = ?').get(requestId) !== undefined;
  };
  return {
    has(requestId) {
      try {
        return has(requestId);
      } catch (error) {
        options.logger.error({ err: error, path }, 'what the store of jobs holds cannot be told');
        return false;
      }
    },
    all() {
      if (open === undefined && !existsSync(path)) return [];
      open ??= openChecked(options);
      const rows = open.prepare('SELECT * FROM jobs ORDER BY rowid').all();
      return rows.map((row) => ({
        requestId: String(row['request_id']),
        command: String(row['command']),
        group: String(row['command_group']),
        sequenceId: row['sequence_id'] === null ? null : String(row['sequence_id']),
        spec: String(row['spec']),
        ...(row['params'] === null ? {} : { params: JSON.parse(String(row['params'])) as Record<string, string> }),
        ...(row['checkpoint'] === null ? {} : { checkpoint: String(row['checkpoint']) }),
      }));
    },
    add({ requestId, command, group, sequenceId, spec, params }) {
      const kept = params === undefined ? null : JSON.stringify(params);
      run('INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?, ?, NULL)', requestId, command, group, sequenceId, spec, kept);
    },
    save: (requestId, checkpoint) => run('UPDATE jobs SET checkpoint = ? WHERE request_id = ?', checkpoint, requestId),
    forget: (requestId) => run('DELETE FROM jobs WHERE request_id = ?', requestId),
    close() {
      open?.close();
      open = undefined;
    },
  };
}

function openChecked({ path, logger }: { readonly path: string; readonly logger: Logger }): Database {
  try {
    return openTable(path);
  } catch (error) {
    if (!(error instanceof SqliteError && error.code === 'corrupt')) throw error;
    const aside = `${path}.corrupt-${Date.now()}`;
    logger.error(
      { err: error, path, aside },
      'the store of jobs is damaged; it was moved aside: jobs that a restart cut off stay unanswered',
    );
    for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    return openTable(path);
  }
}

function openTable(path: string): Database {
  const database = openDatabase(path, { synchronous: 'full' });
  try {
    database.exec(TABLE);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
