import type { Database } from '@stormpulse/sqlite';
import { text } from './rows.ts';

/** What an agent sent that has no right place (hub page 5.4). */
export type AnomalyKind =
  | 'identity_mismatch'
  | 'forged_result'
  | 'stray_output'
  | 'malformed'
  | 'unexpected_type'
  | 'second_register'
  | 'bad_token'
  | 'out_of_range'
  | 'link_fault';

/** Anomalies: kept, counted, never shown as results. At most 1,000 an agent. */
export interface AnomalyStore {
  add(agentId: string, kind: AnomalyKind, evidence: object, nowMs: number): void;
  of(agentId: string): { readonly kind: string; readonly body: unknown }[];
}

const MAX_ROWS = 1_000;
const MAX_EVIDENCE_CHARS = 4_096;

export function createAnomalyStore(database: Database): AnomalyStore {
  const insert = database.prepare('INSERT INTO anomaly (agent_id, at, kind, body) VALUES (?, ?, ?, ?)');
  const select = database.prepare('SELECT kind, body FROM anomaly WHERE agent_id = ? ORDER BY id');
  const prune = database.prepare(
    'DELETE FROM anomaly WHERE agent_id = ? AND id <= (SELECT id FROM anomaly WHERE agent_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
  );
  return {
    add(agentId, kind, evidence, nowMs) {
      const body = JSON.stringify(evidence);
      insert.run(agentId, nowMs, kind, body.length > MAX_EVIDENCE_CHARS ? JSON.stringify({ cut: body.slice(0, 1_000) }) : body);
      prune.run(agentId, agentId, MAX_ROWS);
    },
    of: (agentId) =>
      select.all(agentId).map((row) => ({ kind: text(row, 'kind'), body: JSON.parse(text(row, 'body')) as unknown })),
  };
}
