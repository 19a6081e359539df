import { existsSync } from 'node:fs';
import { openDatabase } from '@stormpulse/sqlite';
import type { Database } from '@stormpulse/sqlite';
import { FLOOR_SECONDS, MAX_BYTES, MAX_LIVE_NONCES, ROLLBACK_SECONDS } from './nonce-store.ts';

/** A nonce store as it lies on the disk, whoever has it open. */
export interface NonceStoreLook {
  /** What its check found; undefined: nothing. */
  readonly damage?: string;
  readonly entries: number;
  readonly maxEntries: number;
  readonly bytes: number;
  readonly maxBytes: number;
  /** Unix seconds: the highest time seen, and the date up to which commands are refused. Another agent's database has none. */
  readonly highest?: number;
  readonly floor?: number;
}

/** Reads it without holding anybody up. Throws `SqliteError`. */
export function inspectNonceStore(path: string): NonceStoreLook {
  const database = openDatabase(path, { readonly: true });
  try {
    const number = (sql: string): number => Number(database.prepare(sql).get()?.['n'] ?? 0);
    const answer = database.prepare('SELECT quick_check AS answer FROM pragma_quick_check LIMIT 1').get()?.['answer'];
    const has = (table: string): boolean =>
      database.prepare("SELECT 1 AS n FROM sqlite_master WHERE type = 'table' AND name = ?").get(table) !== undefined;
    const { highest, floor } = has('agent_clock') ? readClock(database) : {};
    return {
      ...(answer === 'ok' ? {} : { damage: String(answer).slice(0, 200) }),
      entries: has('seen_nonces') ? number('SELECT count(*) AS n FROM seen_nonces') : 0,
      maxEntries: MAX_LIVE_NONCES,
      bytes: number(
        'SELECT (page_count - freelist_count) * page_size AS n FROM pragma_page_count, pragma_freelist_count, pragma_page_size',
      ),
      maxBytes: MAX_BYTES,
      ...(highest === undefined ? {} : { highest }),
      ...(floor === undefined ? {} : { floor }),
    };
  } finally {
    database.close();
  }
}

/** Whether the store refuses commands because the clock stepped back (SEC-064). */
export function isClockBehind({ highest }: Pick<NonceStoreLook, 'highest'>, nowMs: number): boolean {
  return highest !== undefined && nowMs / 1_000 < highest - ROLLBACK_SECONDS;
}

/**
 * An operator's word that the clock is right although it stepped back (SEC-064): the highest time becomes now, and the floor
 * comes to lie ahead of it, so that no command dated before is run, known or forgotten. An agent that has the store open
 * learns of it at its next start. False: the clock is not behind, nothing was changed. Throws `SqliteError`.
 */
export function acceptClock(path: string, nowMs: number): boolean {
  if (!existsSync(path)) return false;
  const look = inspectNonceStore(path);
  if (!isClockBehind(look, nowMs)) return false;
  const database = openDatabase(path, { synchronous: 'full' });
  try {
    const now = nowMs / 1_000;
    const set = database.prepare('UPDATE agent_clock SET seconds = ? WHERE key = ?');
    database.transaction(() => {
      set.run(now + FLOOR_SECONDS, 'floor');
      set.run(now, 'highest');
    });
    return true;
  } finally {
    database.close();
  }
}

function readClock(database: Database): { readonly highest?: number; readonly floor?: number } {
  const rows = database.prepare("SELECT key, seconds FROM agent_clock WHERE key IN ('highest', 'floor')").all();
  return Object.fromEntries(rows.map(({ key, seconds }) => [key, Number(seconds)]));
}
