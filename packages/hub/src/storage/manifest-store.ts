import type { DeclaredPlugin } from '@stormpulse/protocol';
import type { Database } from '@stormpulse/sqlite';
import { text } from './rows.ts';

/** What an agent's plugins declare, as it told last (feature `plugin.manifest`), under the digest that it gave it. */
export interface ManifestStore {
  digestOf(agentId: string): string | undefined;
  /** In the agent's order; none for an agent that told nothing. */
  of(agentId: string): readonly DeclaredPlugin[];
  put(agentId: string, digest: string, plugins: readonly DeclaredPlugin[], nowMs: number): void;
  /** An agent that no longer has the feature declares nothing. */
  drop(agentId: string): void;
}

export function createManifestStore(database: Database): ManifestStore {
  const digest = database.prepare('SELECT digest FROM plugin_manifest WHERE agent_id = ?');
  const body = database.prepare('SELECT body FROM plugin_manifest WHERE agent_id = ?');
  const put = database.prepare(
    `INSERT INTO plugin_manifest (agent_id, digest, body, at) VALUES (?, ?, ?, ?)
     ON CONFLICT (agent_id) DO UPDATE SET digest = excluded.digest, body = excluded.body, at = excluded.at`,
  );
  const drop = database.prepare('DELETE FROM plugin_manifest WHERE agent_id = ?');
  return {
    digestOf(agentId) {
      const row = digest.get(agentId);
      return row === undefined ? undefined : text(row, 'digest');
    },
    of(agentId) {
      const row = body.get(agentId);
      return row === undefined ? [] : (JSON.parse(text(row, 'body')) as DeclaredPlugin[]);
    },
    put(agentId, name, plugins, nowMs) {
      put.run(agentId, name, JSON.stringify(plugins), nowMs);
    },
    drop(agentId) {
      drop.run(agentId);
    },
  };
}
