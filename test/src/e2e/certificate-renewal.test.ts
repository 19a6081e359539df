import { X509Certificate } from 'node:crypto';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createHub } from '@stormpulse/hub';
import type { Hub } from '@stormpulse/hub';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PROGRAM } from './agent-process.ts';
import { hostToml, runArguments } from './host-on-disk.ts';
import { HubPerson } from './hub-person.ts';
import { PATIENT } from './patience.ts';

const DAY_MS = 86_400_000;

describe('an enrolled agent and its hub over the life of a certificate', { timeout: 90_000 }, () => {
  let folder: string;
  let hub: Hub;
  /** How far the hub's clock is behind: a certificate of then is due now. */
  let behindMs: number;
  const agents: ChildProcess[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'renewal-'));
    behindMs = 25 * DAY_MS;
    const anywhere = { host: '127.0.0.1', port: 0 };
    hub = await createHub({
      stateDir: join(folder, 'hub'),
      agentsListen: anywhere,
      peopleListen: anywhere,
      clock: { now: () => Date.now() - behindMs },
    });
  });
  afterEach(async () => {
    for (const child of agents.splice(0)) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    }
    await hub.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const path = (name: string): string => join(folder, name);
  const leaf = (): X509Certificate => new X509Certificate(readFileSync(path('creds/agent.pem')));
  const enroll = async (): Promise<void> => {
    const { token } = await hub.createToken('web-1');
    const child = spawn(
      process.execPath,
      [PROGRAM, 'enroll', `${hub.agentsUrl}/api/enroll/`, 'web-1', token, '--creds-dir', path('creds')],
      { stdio: 'ignore' },
    );
    expect((await once(child, 'close'))[0]).toBe(0);
    const toml = hostToml({
      agentId: 'web-1',
      pulseToken: readFileSync(path('creds/pulse-token'), 'utf8').trim(),
      hub: new URL(hub.agentsUrl).host,
      credentials: path('creds'),
      database: path('stormpulse.db'),
    });
    writeFileSync(path('stormpulse.toml'), toml, { mode: 0o600 });
  };
  const run = (): ChildProcess => {
    const child = spawn(process.execPath, runArguments(PROGRAM, path('stormpulse.toml')), {
      stdio: 'ignore',
      env: { PATH: '/usr/bin:/bin', HOME: folder },
    });
    agents.push(child);
    return child;
  };
  /** The hub lives in this process, so the program must not block it. */
  const status = async (): Promise<string> =>
    (await promisify(execFile)(process.execPath, [PROGRAM, 'status', path('stormpulse.toml')])).stdout;
  /** What the host's own record tells of one kind. */
  const recorded = async (kind: string): Promise<readonly Readonly<Record<string, unknown>>[]> => {
    const argv = [PROGRAM, 'audit', 'show', path('stormpulse.toml'), '-n', '100', '--kind', kind, '--json'];
    const { stdout } = await promisify(execFile)(process.execPath, argv);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const digestOf = (certificate: X509Certificate): string => certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  const events = async (person: HubPerson): Promise<readonly { readonly kind: string }[]> =>
    (await person.get<{ readonly items: { readonly kind: string }[] }>('/agents/web-1/events')).items;

  it('SEC-027 SEC-028 SEC-240 renews over mTLS while it is connected, for a key of its own, without a gap', async () => {
    await enroll();
    const [before, keyBefore] = [leaf(), readFileSync(path('creds/agent-key.pem'), 'utf8')];
    expect(Math.round((Date.parse(before.validTo) - Date.now()) / DAY_MS)).toBe(5);
    behindMs = 0;
    const agent = run();
    await vi.waitFor(() => expect(leaf().fingerprint256).not.toBe(before.fingerprint256), PATIENT);
    expect(Math.round((Date.parse(leaf().validTo) - Date.now()) / DAY_MS)).toBe(30);
    const key = readFileSync(path('creds/agent-key.pem'), 'utf8');
    expect(key).not.toBe(keyBefore);
    expect(statSync(path('creds/agent-key.pem')).mode & 0o007).toBe(0);
    const person = await HubPerson.signIn(hub);
    await vi.waitFor(
      async () => expect((await events(person)).map(({ kind }) => kind)).toContain('cert_renew_succeeded'),
      PATIENT,
    );
    expect((await events(person)).map(({ kind }) => kind)).not.toContain('reconnect');
    await vi.waitFor(async () => expect(await status()).toMatch(/^Renewal: +due \d{4}-/mu), PATIENT);
    expect(await recorded('credentials.renewed')).toMatchObject([{ certificate_sha256: digestOf(leaf()) }]);
    // The next dial shows the new certificate, after a restart too, and what came before it is gone.
    agent.kill('SIGTERM');
    await once(agent, 'close');
    run();
    await vi.waitFor(async () => expect(await status()).toMatch(/^Connection: +live/mu), PATIENT);
    expect((await recorded('credentials.loaded')).map((entry) => entry['certificate_sha256'])).toEqual([
      digestOf(before),
      digestOf(leaf()),
    ]);
    await vi.waitFor(
      () => expect(readdirSync(folder).filter((name) => name.startsWith('client-pair'))).toEqual(['client-pair.pem']),
      PATIENT,
    );
    expect(await status()).toMatch(/^Certs expire: +\d{4}-\d\d-\d\d \((?:29|30) days\)/mu);
  });

  it('SEC-029 says of an expired certificate that it is, waits minutes and never connects without it', async () => {
    behindMs = 40 * DAY_MS;
    await enroll();
    behindMs = 0;
    run();
    await vi.waitFor(
      async () => expect(await status()).toMatch(/^Connection: +waiting for .*next attempt in [2-9]\d\d s/mu),
      PATIENT,
    );
    expect(await status()).toMatch(/^Connection: .*own certificate, which expired/mu);
    expect(await status()).toMatch(/^Certs expire: .*EXPIRED \d+ days ago/mu);
    await vi.waitFor(async () => expect(await status()).toMatch(/^Renewal: +failed, next attempt .*enroll again/mu), PATIENT);
    expect(hub.gateway.link('web-1')).toBeUndefined();
  });
});
