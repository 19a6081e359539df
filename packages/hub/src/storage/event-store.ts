import { createHash } from 'node:crypto';
import type { Database } from '@stormpulse/sqlite';
import { number, text } from './rows.ts';

/** An event as the API gives it; `at` in Unix milliseconds. */
export interface EventRow {
  readonly id: number;
  readonly at: number;
  readonly kind: string;
  readonly source: string;
  readonly body: unknown;
}

/** An event to store. */
export type NewEvent = Omit<EventRow, 'id'>;

/** Agents' events. A second delivery, under whatever batch id, is stored once. */
export interface EventStore {
  /** Returns the row, or undefined when it is known already. */
  add(agentId: string, event: NewEvent): EventRow | undefined;
  /** Newest first. */
  latest(agentId: string, limit: number): EventRow[];
}

const MAX_ROWS = 20_000;
const PRUNE_EVERY = 256;

export function createEventStore(database: Database): EventStore {
  const insert = database.prepare(
    'INSERT INTO event (agent_id, at, kind, source, body, hash) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  );
  const byHash = database.prepare('SELECT id FROM event WHERE agent_id = ? AND hash = ?');
  const latest = database.prepare('SELECT id, at, kind, source, body FROM event WHERE agent_id = ? ORDER BY id DESC LIMIT ?');
  const prune = database.prepare(
    'DELETE FROM event WHERE agent_id = ? AND id <= (SELECT id FROM event WHERE agent_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
  );
  let added = 0;
  return {
    add(agentId, event) {
      const body = JSON.stringify(event.body);
      const hash = createHash('sha256').update(`${event.at} ${body}`).digest();
      if (insert.run(agentId, event.at, event.kind, event.source, body, hash).changes === 0) return undefined;
      added += 1;
      if (added % PRUNE_EVERY === 0) prune.run(agentId, agentId, MAX_ROWS);
      return { id: number(byHash.get(agentId, hash) ?? {}, 'id'), ...event };
    },
    latest: (agentId, limit) =>
      latest.all(agentId, limit).map((row) => ({
        id: number(row, 'id'),
        at: number(row, 'at'),
        kind: text(row, 'kind'),
        source: text(row, 'source'),
        body: JSON.parse(text(row, 'body')) as unknown,
      })),
  };
}
