import type { Database } from '@stormpulse/sqlite';
import { number, text } from './rows.ts';

/** The newest record of an agent's own log (security model, SEC-241). */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** The head each agent told last. */
export interface AuditHeadStore {
  of(agentId: string): AuditHead | undefined;
  put(agentId: string, head: AuditHead, nowMs: number): void;
}

export function createAuditHeadStore(database: Database): AuditHeadStore {
  const select = database.prepare('SELECT seq, hash FROM audit_head WHERE agent_id = ?');
  const put = database.prepare(
    `INSERT INTO audit_head (agent_id, seq, hash, at) VALUES (?, ?, ?, ?)
     ON CONFLICT (agent_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, at = excluded.at`,
  );
  return {
    of(agentId) {
      const row = select.get(agentId);
      return row === undefined ? undefined : { seq: number(row, 'seq'), hash: text(row, 'hash') };
    },
    put(agentId, { seq, hash }, nowMs) {
      put.run(agentId, seq, hash, nowMs);
    },
  };
}
