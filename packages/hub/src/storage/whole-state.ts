import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '@stormpulse/sqlite';
import { HubError } from '../errors.ts';
import { createMetaStore } from './meta-store.ts';

/** Without these the agents in the database can neither be reached nor be sent a command; making new ones would hide that. */
const KEY_FILES = ['ca-root.pem', 'store.key'];

/** Refuses a state folder that has served before and lost a key file since. Throws HubError E_STORE. */
export function assertWhole(stateDir: string, database: Database): void {
  if (createMetaStore(database).get('agents_url') === undefined) return;
  const missing = KEY_FILES.map((name) => join(stateDir, name)).filter((path) => !existsSync(path));
  if (missing.length === 0) return;
  throw new HubError(
    'E_STORE',
    503,
    `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing, and the agents in ${database.path} depend on it; ` +
      'restore the state folder from one copy, or move it away to start over with new agents',
  );
}
