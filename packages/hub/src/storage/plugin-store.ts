import type { Database } from '@stormpulse/sqlite';
import { text, textOrNull } from './rows.ts';

/** A plugin (v1: an integration) of an agent as last reported (wire page 2.4). */
export interface PluginReport {
  readonly name: string;
  readonly status: string;
  readonly disabled_reason: string | null;
  readonly state: unknown;
}

/** Last plugin state of every agent. */
export interface PluginStore {
  put(agentId: string, report: PluginReport, nowMs: number): void;
  /** Drops plugins that `register` no longer names. */
  keepOnly(agentId: string, names: ReadonlySet<string>): void;
  of(agentId: string): PluginReport[];
}

export function createPluginStore(database: Database): PluginStore {
  const upsert = database.prepare(
    `INSERT INTO plugin (agent_id, name, status, disabled_reason, state, at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (agent_id, name) DO UPDATE SET status = excluded.status, disabled_reason = excluded.disabled_reason,
     state = excluded.state, at = excluded.at`,
  );
  const select = database.prepare('SELECT name, status, disabled_reason, state FROM plugin WHERE agent_id = ? ORDER BY name');
  const remove = database.prepare('DELETE FROM plugin WHERE agent_id = ? AND name = ?');
  const of = (agentId: string): PluginReport[] =>
    select.all(agentId).map((row) => ({
      name: text(row, 'name'),
      status: text(row, 'status'),
      disabled_reason: textOrNull(row, 'disabled_reason'),
      state: JSON.parse(textOrNull(row, 'state') ?? 'null') as unknown,
    }));
  return {
    put(agentId, { name, status, disabled_reason, state }, nowMs) {
      upsert.run(agentId, name, status, disabled_reason, JSON.stringify(state ?? null), nowMs);
    },
    keepOnly(agentId, names) {
      for (const { name } of of(agentId)) if (!names.has(name)) remove.run(agentId, name);
    },
    of,
  };
}
