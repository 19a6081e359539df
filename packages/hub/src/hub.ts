import { join } from 'node:path';
import { openAgentsListener } from './agents/listener.ts';
import type { AgentsListener } from './agents/listener.ts';
import type { Gateway } from './agents/gateway.ts';
import { createToken, enrolmentLine } from './agents/tokens.ts';
import { openAuthority } from './ca/authority.ts';
import type { Authority } from './ca/authority.ts';
import type { Signer } from './commands/signer.ts';
import { installedDashboard } from './config/dashboard-dir.ts';
import { hostPort, settingsOf } from './config/options.ts';
import type { Clock, HubLog, HubOptions, HubSettings } from './config/options.ts';
import { composeHub } from './container.ts';
import type { HubParts } from './container.ts';
import { openPeopleServer } from './http/server.ts';
import type { PeopleServer } from './http/server.ts';
import { openHubDatabase, prepareStateDir } from './storage/database.ts';
import { openSealer } from './storage/sealer.ts';
import { assertWhole } from './storage/whole-state.ts';

/** A running hub. */
export interface Hub {
  /** `https://HOST:PORT`; `/api/enroll/`, `/api/renew/` and `/ws/pulse/` (wss) are under it. */
  readonly agentsUrl: string;
  /** `http://localhost:PORT`. */
  readonly peopleUrl: string;
  /** SHA-256 of the root certificate's DER, hex. */
  readonly caDigest: string;
  /** A new one-time link to sign in with, valid 15 minutes; earlier ones stop counting. */
  setupLink(): Promise<string>;
  /** A one-time token for a new agent, valid 15 minutes, and the line to paste on its host. Throws HubError. */
  createToken(agentId: string): Promise<{ readonly token: string; readonly line: string; readonly expiresAt: number }>;
  readonly gateway: Pick<Gateway, 'link'>;
  readonly signer: Signer;
  /** Stops listening, closes every link and the database. Safe to call twice. */
  close(): Promise<void>;
}

const CLOSE_DEADLINE_MS = 3_000;
const SILENT: HubLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Starts a hub over a state folder; the first start makes its CA. Rejects with HubError (E_CONFIG, E_LISTEN, E_CA, E_STORE)
 * or SqliteError; nothing stays open then.
 */
export async function createHub(options: HubOptions): Promise<Hub> {
  const settings = settingsOf(options);
  const clock = options.clock ?? { now: () => Date.now() };
  const log = options.log ?? SILENT;
  prepareStateDir(settings.stateDir);
  const database = openHubDatabase(settings.stateDir);
  const releases: (() => Promise<void> | void)[] = [() => database.close()];
  try {
    assertWhole(settings.stateDir, database);
    const authority = await openAuthority(settings.stateDir, () => clock.now());
    const sealer = await openSealer(join(settings.stateDir, 'store.key'));
    const parts = composeHub({ database, authority, sealer, clock, log, times: settings.times, days: settings.days });
    parts.stores.agents.setAllDown(clock.now());
    parts.dispatch.recover();
    releases.push(() => parts.dispatch.close());
    const listener = await openAgents(parts, authority, settings, log);
    releases.push(
      () => listener.close(),
      () => parts.gateway.close(CLOSE_DEADLINE_MS),
    );
    const agentsUrl = agentsUrlOf(settings, listener);
    const people = await openPeople(parts, { authority, settings, clock, log, agentsUrl });
    releases.push(() => people.close());
    const peopleUrl = `http://localhost:${people.address.port}`;
    parts.stores.meta.set('agents_url', agentsUrl);
    parts.stores.meta.set('people_url', peopleUrl);
    return hubOf(parts, { authority, clock, agentsUrl, peopleUrl, releases });
  } catch (error) {
    await releaseAll(releases);
    throw error;
  }
}

interface Running {
  readonly authority: Authority;
  readonly clock: Clock;
  readonly agentsUrl: string;
  readonly peopleUrl: string;
  readonly releases: (() => Promise<void> | void)[];
}

function hubOf(parts: HubParts, { authority, clock, agentsUrl, peopleUrl, releases }: Running): Hub {
  let closing: Promise<void> | undefined;
  return {
    agentsUrl,
    peopleUrl,
    caDigest: authority.rootDigest,
    gateway: { link: (agentId) => parts.gateway.link(agentId) },
    signer: parts.signer,
    setupLink: async () => setupLink(peopleUrl, parts.logins.newSetupCode()),
    async createToken(agentId) {
      const { token, expiresAt } = createToken({ stores: parts.stores, authority, clock }, agentId);
      return { token, line: enrolmentLine(agentsUrl, agentId, token), expiresAt };
    },
    async close() {
      closing ??= releaseAll(releases);
      await closing;
    },
  };
}

/** The link a browser signs in with; the code is in the fragment, which browsers send to nobody. */
export function setupLink(peopleUrl: string, code: string): string {
  return `${peopleUrl}/setup#${code}`;
}

async function openAgents(parts: HubParts, authority: Authority, settings: HubSettings, log: HubLog): Promise<AgentsListener> {
  const { agentsListen, minTlsVersion } = settings;
  const names = [
    ...settings.names,
    'localhost',
    '127.0.0.1',
    '::1',
    ...(isAnyAddress(agentsListen.host) ? [] : [agentsListen.host]),
  ];
  return await openAgentsListener({ ...parts, authority, log }, { listen: agentsListen, names, minTlsVersion });
}

async function openPeople(
  parts: HubParts,
  {
    authority,
    settings,
    clock,
    log,
    agentsUrl,
  }: { authority: Authority; settings: HubSettings; clock: Clock; log: HubLog; agentsUrl: string },
): Promise<PeopleServer> {
  return await openPeopleServer(
    {
      ...parts,
      clock,
      log,
      createToken: (agentId, minutes) => createToken({ stores: parts.stores, authority, clock }, agentId, minutes),
      lineFor: (agentId, token) => enrolmentLine(agentsUrl, agentId, token),
    },
    { listen: settings.peopleListen, dashboardDir: settings.dashboardDir ?? installedDashboard() },
  );
}

function agentsUrlOf(settings: HubSettings, listener: AgentsListener): string {
  const { host, port } = listener.address;
  const loopback = isAnyAddress(host) || host === '127.0.0.1' || host === '::1' ? 'localhost' : host;
  return `https://${hostPort({ host: settings.names[0] ?? loopback, port })}`;
}

function isAnyAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Last opened, first released; every release runs. Rejects with the first failure. */
async function releaseAll(releases: (() => Promise<void> | void)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const release of releases.splice(0).toReversed()) {
    try {
      await release();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
