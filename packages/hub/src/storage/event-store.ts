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

/** An event to store; `eventId` is its agent's name for it (feature `events.id`). */
export type NewEvent = Omit<EventRow, 'id'> & { readonly eventId?: string };

/**
 * Agents' events. A second delivery, under whatever batch id, is stored once: known by its id, or by its text when one of the
 * deliveries had none, as the first batch of a connection.
 */
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
    'INSERT INTO event (agent_id, at, kind, source, body, hash, event_id) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id',
  );
  const byEventId = database.prepare('SELECT id FROM event WHERE agent_id = ? AND event_id = ?');
  const byHash = database.prepare('SELECT id FROM event WHERE agent_id = ? AND hash = ? LIMIT 1');
  const unnamed = database.prepare('SELECT id FROM event WHERE agent_id = ? AND hash = ? AND event_id IS NULL LIMIT 1');
  const name = database.prepare('UPDATE event SET event_id = ? WHERE id = ?');
  const latest = database.prepare('SELECT id, at, kind, source, body FROM event WHERE agent_id = ? ORDER BY id DESC LIMIT ?');
  const prune = database.prepare(
    'DELETE FROM event WHERE agent_id = ? AND id <= (SELECT id FROM event WHERE agent_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)',
  );
  let added = 0;

  function isKnown(agentId: string, hash: Uint8Array, eventId: string | undefined): boolean {
    if (eventId === undefined) return byHash.get(agentId, hash) !== undefined;
    if (byEventId.get(agentId, eventId) !== undefined) return true;
    const row = unnamed.get(agentId, hash);
    if (row !== undefined) name.run(eventId, number(row, 'id'));
    return row !== undefined;
  }

  return {
    add(agentId, { eventId, ...event }) {
      const body = JSON.stringify(event.body);
      const hash = createHash('sha256').update(`${event.at} ${body}`).digest();
      if (isKnown(agentId, hash, eventId)) return undefined;
      const row = insert.get(agentId, event.at, event.kind, event.source, body, hash, eventId ?? null) ?? {};
      added += 1;
      if (added % PRUNE_EVERY === 0) prune.run(agentId, agentId, MAX_ROWS);
      return { id: number(row, 'id'), ...event };
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
