import { join } from 'node:path';
import type { Database } from '@stormpulse/sqlite';
import { createToken, enrolmentLine } from '../agents/tokens.ts';
import { createLogins } from '../auth/logins.ts';
import { CA_FILE, hasAuthority, openAuthority } from '../ca/authority.ts';
import { HubError } from '../errors.ts';
import { setupLink } from '../hub.ts';
import { createChanges } from '../state/changes.ts';
import { openHubDatabase } from '../storage/database.ts';
import { createStores } from '../storage/stores.ts';
import type { Stores } from '../storage/stores.ts';
import type { Terminal } from './terminal.ts';

const clock = { now: (): number => Date.now() };

/** `token AGENT`: the enrolment line on stdout and nothing else; what v1 agents need on stderr (design, D1). */
export async function printToken(
  agentId: string,
  options: { state: string; minutes: string },
  terminal: Terminal,
): Promise<void> {
  await withState(options.state, async (stores) => {
    const authority = await openAuthority(options.state, () => clock.now());
    const agentsUrl = startedOnce(stores.meta.get('agents_url'), options.state);
    const made = createToken({ stores, authority, clock }, agentId, Number(options.minutes));
    const line = enrolmentLine(agentsUrl, agentId, made.token);
    terminal.out(line);
    terminal.err(`valid until ${new Date(made.expiresAt).toISOString()}, for one use`);
    terminal.err(`for a Storm Pulse 0.3 agent: SSL_CERT_FILE=${join(options.state, CA_FILE)} ${line}`);
    terminal.err(`and in its stormpulse.toml: pulse_token = "${made.pulseToken}"`);
  });
}

/** `setup-code`: a new one-time link. */
export async function printSetupLink(options: { state: string }, terminal: Terminal): Promise<void> {
  await withState(options.state, async (stores) => {
    const peopleUrl = startedOnce(stores.meta.get('people_url'), options.state);
    const logins = createLogins({ store: stores.logins, meta: stores.meta, clock, changes: createChanges() });
    terminal.out(setupLink(peopleUrl, logins.newSetupCode()));
  });
}

async function withState(stateDir: string, work: (stores: Stores) => Promise<void>): Promise<void> {
  if (!(await hasAuthority(stateDir))) throw notStarted(stateDir);
  const database: Database = openHubDatabase(stateDir);
  try {
    await work(createStores(database));
  } finally {
    database.close();
  }
}

function startedOnce(url: string | undefined, stateDir: string): string {
  if (url === undefined) throw notStarted(stateDir);
  return url;
}

function notStarted(stateDir: string): HubError {
  return new HubError('E_STATE', 409, `${stateDir} has no hub yet; start one first: stormpulse-hub run --state ${stateDir}`);
}
