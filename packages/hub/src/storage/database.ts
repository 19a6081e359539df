import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '@stormpulse/sqlite';
import { openDatabase } from '@stormpulse/sqlite';
import { HubError } from '../errors.ts';
import { MIGRATIONS } from './migrations.ts';

/** Creates the state folder for its owner only. */
export function prepareStateDir(stateDir: string): void {
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  chmodSync(stateDir, 0o700);
}

/** Opens `hub.db` with synchronous=FULL (SEC-350), checks it and brings its schema up to date. Throws SqliteError, HubError. */
export function openHubDatabase(stateDir: string): Database {
  const path = join(stateDir, 'hub.db');
  const database = openDatabase(path, { synchronous: 'full' });
  try {
    checkIntegrity(database);
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function checkIntegrity(database: Database): void {
  const verdict = database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'];
  if (verdict !== 'ok') {
    throw new HubError(
      'E_STORE',
      503,
      `${database.path} is damaged (${String(verdict)}); stop the hub and restore the state folder from a copy`,
    );
  }
}

function migrate(database: Database): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (version > MIGRATIONS.length) {
    throw new HubError(
      'E_STORE',
      503,
      `${database.path} has schema ${version}, this hub knows ${MIGRATIONS.length}; start the newer hub again`,
    );
  }
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      database.exec(sql);
      database.exec(`PRAGMA user_version = ${index + 1}`);
    });
  }
}
