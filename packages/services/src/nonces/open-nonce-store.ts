import { closeSync, constants, existsSync, fsyncSync, lstatSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { defineError } from '@stormpulse/plugin-api';
import type { Clock } from '@stormpulse/kernel';
import { openDatabase, SqliteError } from '@stormpulse/sqlite';
import type { Database, OpenDatabaseOptions } from '@stormpulse/sqlite';
import type { Logger } from '@stormpulse/plugin-api';
import { createNonceStore } from './nonce-store.ts';
import type { NonceDatabase } from './nonce-store.ts';
import { openStoreMark } from './store-mark.ts';
import type { StoreMark } from './store-mark.ts';

export const NonceStorePath = defineError<{ path: string; found: string }>(
  'E_CONFIG_DATABASE',
  'failed_precondition',
  'operator',
  (d) => `[storage] db_path = "${d.path}": ${d.found} is there, a regular file was expected; move it away, or name another path`,
);

/** What {@link openNonceStore} takes; `open` is the engine's, for what a test must see of it. */
export interface OpenNonceStoreOptions {
  readonly path: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly maxAgeSeconds: number;
  readonly isAnsweredElsewhere?: (requestId: string) => boolean;
  readonly logger: Logger;
  readonly open?: (path: string, options: OpenDatabaseOptions) => Database;
}

/**
 * Opens the nonce database at `path`, made with mode 0600 when missing. A damaged one is moved aside to
 * `PATH.corrupt-TIME` and a new one begun, whose floor refuses what the old one knew (SEC-063); so does the floor of one that
 * is not as this agent left it, which `PATH.mark` tells. Where it cannot be opened or
 * written every claim is refused, and each tries again: the agent itself goes on (security model, section 18). Throws
 * `E_CONFIG_DATABASE` when something other than a regular file is there.
 */
export function openNonceStore(options: OpenNonceStoreOptions): NonceDatabase {
  refuseOddFile(options.path);
  const run = { movedAside: false };
  let store = tryOpen(options, run);
  let closed = false;
  const opened = (): NonceDatabase | undefined => {
    if (!closed) store ??= tryOpen(options, run);
    return store;
  };
  return {
    claim: (...asked) => opened()?.claim(...asked) ?? Promise.resolve('nonce_store_fault'),
    results: {
      load: () => opened()?.results.load(),
      save(change) {
        const database = opened();
        if (database === undefined) throw new SqliteError('io', options.path, 'it cannot be opened');
        return database.results.save(change);
      },
    },
    close() {
      closed = true;
      store?.close();
    },
  };
}

function tryOpen(options: OpenNonceStoreOptions, run: { movedAside: boolean }): NonceDatabase | undefined {
  const { path, logger } = options;
  const unusable = (error: unknown): undefined => {
    if (!(error instanceof Error && 'code' in error)) throw error;
    logger.error({ err: error, path }, 'the nonce database cannot be used; every command is refused until it can');
  };
  try {
    return openChecked(options);
  } catch (damage) {
    // A disk that damages the new one too would fill up with what is moved aside: once in a run is enough.
    if (!(damage instanceof SqliteError && damage.code === 'corrupt') || run.movedAside) return unusable(damage);
    try {
      const aside = moveAside(path);
      run.movedAside = true;
      logger.error({ err: damage, path, aside }, 'the nonce database is damaged; it was moved aside and a new one begun');
      return openChecked(options);
    } catch (error) {
      return unusable(error);
    }
  }
}

function openChecked({ path, open = openDatabase, ...rest }: OpenNonceStoreOptions): NonceDatabase {
  const database = open(path, { synchronous: 'full' });
  let mark: StoreMark | undefined;
  try {
    const answer = database.prepare('SELECT quick_check AS answer FROM pragma_quick_check LIMIT 1').get()?.['answer'];
    if (answer !== 'ok') throw new SqliteError('corrupt', path, `its check says: ${String(answer).slice(0, 200)}`);
    mark = openStoreMark(path, rest.logger);
    return createNonceStore({ database, mark, ...rest });
  } catch (error) {
    mark?.close();
    database.close();
    throw error;
  }
}

/** A link or a device could lead the agent to write where its operator never meant (SEC-117). */
function refuseOddFile(path: string): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isFile()) return;
  const found = stat.isSymbolicLink() ? 'a symbolic link' : stat.isDirectory() ? 'a folder' : 'a device or a pipe';
  throw NonceStorePath({ path, found });
}

/**
 * Renames the file with its log and its index; nothing of it is deleted. The file goes first: one that was left without its
 * log would be taken for whole, and would have forgotten what only the log knew.
 */
function moveAside(path: string): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]/gu, '');
  let aside = `${path}.corrupt-${stamp}`;
  for (let more = 2; existsSync(aside); more += 1) aside = `${path}.corrupt-${stamp}-${more}`;
  for (const suffix of ['', '-wal', '-shm']) if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  const folder = openSync(dirname(path), constants.O_RDONLY);
  fsyncSync(folder);
  closeSync(folder);
  return aside;
}
