import { deflateRawSync } from 'node:zlib';
import type { Database } from '@stormpulse/sqlite';

/** A batch of log lines as it came. */
export interface LogBatch {
  readonly batchId: string;
  readonly group: string;
  readonly dropped: number;
  readonly payload: unknown;
}

/** Log batches, kept whole until search is built; at most `MAX_BATCHES` an agent. */
export interface LogStore {
  /** Stores it once; a repeated batch id changes nothing. */
  add(agentId: string, batch: LogBatch, nowMs: number): void;
}

const MAX_BATCHES = 10_000;
const PRUNE_EVERY = 256;

export function createLogStore(database: Database): LogStore {
  const insert = database.prepare(
    'INSERT INTO log_batch (agent_id, batch_id, grp, at, dropped, body) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const prune = database.prepare(
    'DELETE FROM log_batch WHERE agent_id = ? AND id <= (SELECT id FROM log_batch WHERE agent_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
  );
  let added = 0;
  return {
    add(agentId, { batchId, group, dropped, payload }, nowMs) {
      insert.run(agentId, batchId, group, nowMs, dropped, deflateRawSync(JSON.stringify(payload)));
      added += 1;
      if (added % PRUNE_EVERY === 0) prune.run(agentId, agentId, MAX_BATCHES);
    },
  };
}
