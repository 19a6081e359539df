import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHub } from '@stormpulse/hub';
import type { Hub, RunView } from '@stormpulse/hub';
import { openNonceStore } from '@stormpulse/services';
import { openDatabase } from '@stormpulse/sqlite';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { enrolV1Agent } from '../doubles/v1-agent.ts';
import type { V1Credentials } from '../doubles/v1-agent.ts';
import { PROGRAM, command } from './agent-process.ts';
import { HubPerson } from './hub-person.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const WAIT = { timeout: 20_000, interval: 20 };

/** Living processes with this text in their command line. */
function processesNaming(text: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/u.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
    } catch {
      return false;
    }
  });
}

describe('our agent at our hub', () => {
  let folder: string;
  let hub: Hub;
  let person: HubPerson;
  let agent: ChildProcess | undefined;
  const path = (name: string): string => join(folder, name);

  const startHub = async (port = 0): Promise<void> => {
    const [host, stateDir] = ['127.0.0.1', path('hub')];
    hub = await createHub({ stateDir, agentsListen: { host, port }, peopleListen: { host, port: 0 } });
    person = await HubPerson.signIn(hub);
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'restart-'));
    await startHub();
    const { token } = await hub.createToken('web-1');
    writeHost(await enrolV1Agent(`${hub.agentsUrl}/api/enroll/`, 'web-1', token, readFileSync(path('hub/ca.pem'), 'utf8')));
    startAgent();
  });
  afterEach(async () => {
    writeFileSync(path('release'), '');
    await killAgent();
    await hub.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function writeHost(credentials: V1Credentials): void {
    const secret = { mode: 0o600 };
    writeFileSync(path('ca.pem'), credentials.ca);
    writeFileSync(path('agent.pem'), credentials.cert);
    writeFileSync(path('agent-key.pem'), credentials.key, secret);
    writeFileSync(path('hmac.key'), credentials.hmacKey, secret);
    const file = (name: string): string => JSON.stringify(path(name));
    const work = `echo x >> ${path('begun')}; while [ -d ${folder} ] && [ ! -e ${path('release')} ]; do sleep 0.05; done; echo done`;
    const toml = `
[agent]
id = "web-1"
pulse_token = "${String(credentials.ignored['pulse_token'])}"
[dashboard]
url = "${hub.agentsUrl.replace('https:', 'wss:')}/ws/pulse/"
reconnect_min_seconds = 0.1
reconnect_max_seconds = 1
heartbeat_interval_seconds = 1
[tls]
ca_cert = ${file('ca.pem')}
client_cert = ${file('agent.pem')}
client_key = ${file('agent-key.pem')}
[auth]
hmac_secret = ${file('hmac.key')}
command_max_age_seconds = 60
[metrics]
push_interval_seconds = 1
collect_containers = false
[storage]
db_path = ${file('stormpulse.db')}
${command('work', ['/bin/sh', '-c', work])}`;
    writeFileSync(path('stormpulse.toml'), toml, secret);
    const hourAgoMs = Date.now() - 3_600_000;
    // Begun an hour ago, so that the floor of a new one (SEC-063) is behind.
    openNonceStore({ path: path('stormpulse.db'), clock: { now: () => hourAgoMs }, maxAgeSeconds: 60, logger: SILENT }).close();
  }

  function startAgent(): void {
    const root = process.geteuid?.() === 0 ? ['--allow-root'] : [];
    agent = spawn(process.execPath, ['--disable-proto=throw', PROGRAM, 'run', path('stormpulse.toml'), ...root], {
      stdio: 'ignore',
      env: { PATH: '/usr/bin:/bin', HOME: folder },
    });
  }

  async function killAgent(): Promise<void> {
    if (agent === undefined || agent.exitCode !== null || agent.signalCode !== null) return;
    agent.kill('SIGKILL');
    await once(agent, 'close');
  }

  async function begin(): Promise<RunView> {
    const order = async (): Promise<RunView> => await person.order('web-1', 'work');
    const run = await vi.waitFor(order, WAIT);
    await vi.waitFor(() => expect(existsSync(path('begun'))).toBe(true), WAIT);
    return run;
  }

  const ended = async ({ id }: RunView): Promise<RunView['target']> =>
    await vi.waitFor(async () => {
      const run = await person.run(id);
      expect(['succeeded', 'failed']).toContain(run.state);
      return run.target;
    }, WAIT);

  it('SEC-069: killed while a command ran: the hub is told that it was interrupted, and it does not run again', async () => {
    const run = await begin();
    await killAgent();
    startAgent();
    expect(await ended(run)).toMatchObject({
      state: 'failed',
      result: { success: false, exit_code: -1, failure_reason: 'interrupted' },
    });
    expect(readFileSync(path('begun'), 'utf8')).toBe('x\n');
  });

  it('SEC-069: killed after a command ended while the hub was away: the hub gets its result, and no other', async () => {
    const run = await begin();
    const port = Number(new URL(hub.agentsUrl).port);
    await hub.close();
    writeFileSync(path('release'), '');
    await vi.waitFor(() => expect(kept()).toBe(1), WAIT);
    await killAgent();
    await startHub(port);
    startAgent();
    expect(await ended(run)).toMatchObject({ state: 'succeeded', result: { stdout: 'done\n', failure_reason: null } });
    await vi.waitFor(() => expect(kept()).toBe(0), WAIT);
  });

  it('ends a command that a person cancels, with all it started', async () => {
    const run = await begin();
    const order = await person.cancel(run);
    expect(await ended(run)).toMatchObject({
      state: 'failed',
      result: { success: false, failure_reason: 'cancelled', stderr: 'cancelled by the hub\n' },
    });
    expect(await ended(order)).toMatchObject({ state: 'succeeded', result: { stdout: `cancelled ${run.target.request_id}` } });
    await vi.waitFor(() => expect(processesNaming(path('release'))).toEqual([]), WAIT);
  });

  function kept(): unknown {
    const database = openDatabase(path('stormpulse.db'), { readonly: true });
    try {
      return database.prepare('SELECT count(*) AS n FROM agent_results').get()?.['n'];
    } finally {
      database.close();
    }
  }
});
