import type { Database } from '@stormpulse/sqlite';
import { number } from './rows.ts';

/** Set-up codes and logins, by SHA-256 only. Times are Unix milliseconds. */
export interface LoginStore {
  /** Makes this the only code that counts. */
  replaceSetupCode(hash: Uint8Array, expiresAt: number): void;
  /** Atomic: true once, and only before it expires. */
  spendSetupCode(hash: Uint8Array, nowMs: number): boolean;
  addLogin(hash: Uint8Array, nowMs: number): void;
  findLogin(hash: Uint8Array): { readonly createdAt: number; readonly seenAt: number } | undefined;
  touchLogin(hash: Uint8Array, nowMs: number): void;
  removeLogin(hash: Uint8Array): void;
  /** Forgets logins that ended. */
  removeEnded(seenBefore: number, createdBefore: number): void;
}

export function createLoginStore(database: Database): LoginStore {
  const withdraw = database.prepare("UPDATE setup_code SET state = 'withdrawn' WHERE state = 'fresh'");
  const addCode = database.prepare("INSERT INTO setup_code (hash, expires, state) VALUES (?, ?, 'fresh')");
  const spendCode = database.prepare("UPDATE setup_code SET state = 'used' WHERE hash = ? AND state = 'fresh' AND expires > ?");
  const add = database.prepare('INSERT INTO login (hash, created, seen) VALUES (?, ?, ?)');
  const find = database.prepare('SELECT created, seen FROM login WHERE hash = ?');
  const touch = database.prepare('UPDATE login SET seen = ? WHERE hash = ?');
  const remove = database.prepare('DELETE FROM login WHERE hash = ?');
  const removeEnded = database.prepare('DELETE FROM login WHERE seen < ? OR created < ?');
  return {
    replaceSetupCode(hash, expiresAt) {
      database.transaction(() => {
        withdraw.run();
        addCode.run(hash, expiresAt);
      });
    },
    spendSetupCode: (hash, nowMs) => spendCode.run(hash, nowMs).changes === 1,
    addLogin(hash, nowMs) {
      add.run(hash, nowMs, nowMs);
    },
    findLogin(hash) {
      const row = find.get(hash);
      return row === undefined ? undefined : { createdAt: number(row, 'created'), seenAt: number(row, 'seen') };
    },
    touchLogin(hash, nowMs) {
      touch.run(nowMs, hash);
    },
    removeLogin(hash) {
      remove.run(hash);
    },
    removeEnded(seenBefore, createdBefore) {
      removeEnded.run(seenBefore, createdBefore);
    },
  };
}
