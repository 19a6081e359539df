import type { Database } from '@stormpulse/sqlite';
import { number, text } from './rows.ts';

/** An enrolment token as stored: never the token, only its SHA-256 (SEC-300). */
export interface TokenRow {
  readonly id: number;
  readonly agentId: string;
  readonly state: string;
  readonly expiresAt: number;
}

/** Enrolment tokens. */
export interface TokenStore {
  add(token: {
    readonly hash: Uint8Array;
    readonly agentId: string;
    readonly createdAt: number;
    readonly expiresAt: number;
  }): void;
  find(hash: Uint8Array): TokenRow | undefined;
  /** Atomic compare-and-set: true for exactly one caller, and only while the token is fresh. */
  spend(id: number, nowMs: number): boolean;
  /** Counts a failed use; the fifth locks the token. */
  fail(id: number): void;
}

const MAX_FAILS = 5;

export function createTokenStore(database: Database): TokenStore {
  const insert = database.prepare(
    "INSERT INTO enrol_token (hash, agent_id, state, fails, created, expires) VALUES (?, ?, 'fresh', 0, ?, ?)",
  );
  const select = database.prepare('SELECT id, agent_id, state, expires FROM enrol_token WHERE hash = ?');
  const spend = database.prepare(
    "UPDATE enrol_token SET state = 'used', used = ? WHERE id = ? AND state = 'fresh' AND expires > ?",
  );
  const fail = database.prepare(
    "UPDATE enrol_token SET fails = fails + 1, state = CASE WHEN fails + 1 >= ? THEN 'locked' ELSE state END WHERE id = ? AND state = 'fresh'",
  );
  return {
    add({ hash, agentId, createdAt, expiresAt }) {
      insert.run(hash, agentId, createdAt, expiresAt);
    },
    find(hash) {
      const row = select.get(hash);
      if (row === undefined) return undefined;
      return {
        id: number(row, 'id'),
        agentId: text(row, 'agent_id'),
        state: text(row, 'state'),
        expiresAt: number(row, 'expires'),
      };
    },
    spend: (id, nowMs) => spend.run(nowMs, id, nowMs).changes === 1,
    fail(id) {
      fail.run(MAX_FAILS, id);
    },
  };
}
