import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CertificateSpec } from '../doubles/certificates.ts';
import type { HubSide } from '../doubles/v1-hub.ts';
import { wireTime } from '../doubles/v1-wire.ts';
import { HostStage, command } from './agent-process.ts';
import { PATIENT } from './patience.ts';

describe('the agent process and what it was given', () => {
  let stage: HostStage | undefined;

  afterEach(async () => {
    await stage?.close();
    stage = undefined;
  });

  const begin = async (server: CertificateSpec = {}): Promise<HostStage> => {
    stage = await HostStage.create(server);
    return stage;
  };
  const reasons = (link: HubSide): unknown[] =>
    link.inbox
      .of('events.batch')
      .flatMap(({ payload }) => (payload['events'] as Record<string, unknown>[]).map((event) => event['failure_reason']));

  it.each([
    ['expired', { fromDays: -9, untilDays: -1 }, 'has expired'],
    ['for another name', { names: ['elsewhere.example'] }, 'is for DNS:elsewhere.example'],
    ['with a common name only', { names: [], commonName: 'localhost' }, 'a common name does not count'],
    ['without server usage', { use: 'none' }, 'require_server_eku = false'],
  ] as [string, CertificateSpec, string][])(
    'a hub certificate %s: it sends nothing, says why, lives on and stops in order',
    async (_name, spec, says) => {
      const host = await begin(spec);
      const agent = host.start();
      await vi.waitFor(() => expect(agent.log()).toContain(says), PATIENT);
      expect(agent.log()).toContain('E_CONN_TLS');
      expect(host.hub.links).toEqual([]);
      agent.child.kill('SIGTERM');
      expect(await agent.ended).toEqual([0, null]);
    },
  );

  it('SEC-063 a damaged nonce database: moved aside, commands wait for the floor, everything else goes on', async () => {
    const host = await begin();
    for (const suffix of ['-wal', '-shm']) rmSync(host.path(`stormpulse.db${suffix}`), { force: true });
    writeFileSync(host.path('stormpulse.db'), 'damaged '.repeat(2_000));
    // Before any floor that this start sets, however long it takes.
    const early = host.hub.request('greet', {}, { ts: wireTime(Date.now()) });
    const agent = host.start(command('greet', ['/usr/bin/printf', 'hello\n']));
    const link = await host.hub.link();
    link.send(early);
    await vi.waitFor(() => expect(reasons(link)).toContain('before_floor'), PATIENT);
    expect(readdirSync(host.folder).some((name) => name.startsWith('stormpulse.db.corrupt-'))).toBe(true);
    expect(agent.log()).toContain('moved aside');
    await link.inbox.count('metrics.push', 1);
    await vi.waitFor(async () => {
      link.send(host.hub.request('greet'));
      await link.inbox.count('command.result', 1, 1_000);
    }, PATIENT);
    expect(link.inbox.of('command.result')[0]?.payload).toMatchObject({ stdout: 'hello\n' });
  });

  it('a folder in the place of the nonce database: it does not start, and says what to do', async () => {
    const host = await begin();
    for (const suffix of ['', '-wal', '-shm']) rmSync(host.path(`stormpulse.db${suffix}`), { force: true });
    mkdirSync(host.path('stormpulse.db'));
    const agent = host.start();
    expect(await agent.ended).toEqual([1, null]);
    expect(agent.log()).toMatch(/db_path = .*a folder is there, a regular file was expected; move it away/u);
    expect(host.hub.links).toEqual([]);
  });
});
