import type { Database } from '@stormpulse/sqlite';

/** Facts about the hub itself, by name. */
export interface MetaStore {
  get(key: MetaKey): string | undefined;
  set(key: MetaKey, value: string): void;
}

/** `agents_url` and `people_url`: where the running hub was last reached. `csrf_key`: base64, its own key (SEC-306). */
export type MetaKey = 'agents_url' | 'people_url' | 'csrf_key';

export function createMetaStore(database: Database): MetaStore {
  const select = database.prepare('SELECT value FROM meta WHERE key = ?');
  const upsert = database.prepare(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  return {
    get(key) {
      const value = select.get(key)?.['value'];
      return typeof value === 'string' ? value : undefined;
    },
    set(key, value) {
      upsert.run(key, value);
    },
  };
}
