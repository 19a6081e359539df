import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HUB_TO_AGENT_TYPES } from '@stormpulse/protocol';
import { readAuditLog } from '@stormpulse/services';
import type { AuditRecord } from '@stormpulse/services';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { digestOf, writePackage } from '../../../packages/agent/test-support/plugin-package.ts';
import type { PackageSpec } from '../../../packages/agent/test-support/plugin-package.ts';
import type { HubSide } from '../doubles/v1-hub.ts';
import { HostStage, PROGRAM, command } from './agent-process.ts';

const PATIENT = { timeout: 20_000, interval: 20 };

describe('plugins of others in an agent on a real system', () => {
  let stage: HostStage;
  beforeEach(async () => {
    stage = await HostStage.create();
  });
  afterEach(() => stage.close());

  const place = (name: string, integrity: string): string =>
    join(stage.path('plugins'), name, integrity.replaceAll('/', '_').replaceAll('+', '-'));
  const writeRecord = (name: string, integrity: string, state: string): void => {
    const record = {
      integrity,
      package: `@example/${name}`,
      version: '1.0.0',
      agentId: 'node-7',
      state,
      at: '2026-01-01T00:00:00Z',
    };
    writeFileSync(join(stage.path('plugins'), name, 'grants.json'), JSON.stringify({ records: [record] }), { mode: 0o644 });
  };

  /** Installs and grants a plugin that runs in the agent; gives its section of the file. */
  const install = (name: string, spec: PackageSpec = {}, more = ''): string => {
    const built = writePackage(stage.path(`built-${name}`), { name, package: `@example/${name}`, ...spec });
    const integrity = digestOf(built);
    mkdirSync(dirname(place(name, integrity)), { recursive: true, mode: 0o755 });
    renameSync(built, place(name, integrity));
    writeRecord(name, integrity, 'granted');
    return `
[plugins.${name}]
package = "@example/${name}"
integrity = "${integrity}"
isolation = "none"
${more}
[plugins.${name}.grants]
exec = ["/usr/bin/uptime"]
commands = "read"
`;
  };
  /** As the command line leaves a decision: whole at once. */
  const leave = (change: object): void => {
    const path = stage.path('grant-changes/1767225600000-0123456789ab.json');
    writeFileSync(`${path}.tmp`, JSON.stringify(change), { mode: 0o600 });
    renameSync(`${path}.tmp`, path);
  };
  const integrityIn = (section: string): string => /sha512-[^"]+/u.exec(section)?.[0] ?? '';
  const registered = async (): Promise<{ readonly link: HubSide; readonly commands: readonly string[] }> => {
    const link = await stage.hub.link();
    const { payload } = await link.inbox.until('register', ({ type }) => type === 'register');
    return { link, commands: Object.keys(payload['commands'] as object) };
  };
  const statuses = (): Record<string, string> => {
    const { plugins } = JSON.parse(readFileSync(stage.path('status.json'), 'utf8')) as {
      plugins: { name: string; state: string; reason?: string }[];
    };
    return Object.fromEntries(plugins.map(({ name, state, reason }) => [name, `${state}: ${reason ?? ''}`]));
  };
  const audited = (): AuditRecord[] => [...readAuditLog(stage.path('audit'))].flatMap(({ record }) => record ?? []);

  it('W39 W44 W45 SEC-200 SEC-204 SEC-205: what is wrong with one plugin is its own; the agent and the others run', async () => {
    const spoilt = install('spoilt');
    const entry = join(place('spoilt', integrityIn(spoilt)), 'index.js');
    chmodSync(entry, 0o644);
    writeFileSync(entry, '\n', { flag: 'a' });
    const thief = install('agent', {
      commands: `[subprocess({ id: 'cancel', title: 'X', effect: 'read', timeout: '5s',
      params: Type.Object({}), file: '/usr/bin/uptime', argv: () => [] })]`,
    });
    const picky = install('picky', { configSchema: "Type.Object({ get town() { throw new Error('no town') } })" });
    const strict = install('strict', { configSchema: 'Type.Object({ town: Type.String() })' });
    const greedy = install('greedy', { capabilities: "{ exec: ['/usr/bin/id'], commands: 'read' }", commands: '[]' });
    const agent = stage.start([spoilt, thief, picky, strict, greedy, install('weather')].join(''));
    const { commands } = await registered();
    expect(commands).toContain('weather_uptime');
    expect(commands.filter((name) => /^(?:spoilt|agent|picky|strict|greedy)/u.test(name))).toEqual([]);
    expect((await stage.hub.run('weather_uptime')).payload).toMatchObject({
      success: true,
      stdout: expect.stringContaining('load average'),
    });
    await vi.waitFor(
      () =>
        expect(statuses()).toEqual({
          'host-metrics': 'ready: ',
          signoff: 'ready: ',
          spoilt: expect.stringMatching(/^refused: .*is not the tree that was granted/u),
          agent: expect.stringMatching(/^refused: .*its name is the agent's own word/u),
          picky: expect.stringMatching(/^refused: .*no town/u),
          strict: expect.stringMatching(/^refused: town: is missing/u),
          greedy: expect.stringMatching(/^refused: [^]*exec = \["\/usr\/bin\/uptime","\/usr\/bin\/id"\]/u),
          weather: 'ready: ',
        }),
      PATIENT,
    );
    // SEC-204: what it asked for and was not granted is in the host's own record.
    await vi.waitFor(
      () =>
        expect(audited().filter(({ kind }) => kind === 'plugin.denied')).toEqual([
          expect.objectContaining({ plugin: 'greedy', failure_reason: 'E_GRANT_MISSING' }),
        ]),
      PATIENT,
    );
    expect(agent.child.exitCode).toBeNull();
  });

  it('W40 SEC-204: what is held to less lives on without it, plugins of the agent too', async () => {
    const quiet = install('quiet').replace('commands = "read"', 'commands = "none"');
    const agent = stage.start(`${quiet}
[plugins.custom-commands.grants]
commands = "read"
${command('look', ['/bin/echo', 'seen'], 'effect = "read"\n')}${command('change', ['/bin/echo', 'changed'])}`);
    const { commands } = await registered();
    expect(commands).toEqual(['look']);
    expect((await stage.hub.run('look')).payload).toMatchObject({ stdout: 'seen\n' });
    expect((await stage.hub.run('change')).payload).toMatchObject({ success: false });
    await vi.waitFor(() => expect(statuses()['quiet']).toBe('ready: '), PATIENT);
    expect(agent.log()).toMatch(
      /plugins\.custom-commands\.grants\.commands: is "read", and the effect of this command is "write"/u,
    );
  });

  it('startup = "error": the agent does not start without it, and says why', async () => {
    const section = install('weather', {}, 'startup = "error"');
    writeRecord('weather', integrityIn(section), 'revoked');
    const agent = stage.start(section);
    expect((await agent.ended)[0]).toBe(1);
    expect(agent.log()).toContain('version 1.0.0 was revoked on this host at 2026-01-01T00:00:00Z');
  });

  it('SEC-210 SEC-240: a decision is in the record before the plugin is loaded, and then gone from where it was left', async () => {
    const section = install('weather');
    const change = {
      action: 'grant',
      plugin: 'weather',
      version: '1.0.0',
      integrity: integrityIn(section),
      more: ['commands read'],
      less: [],
      by: 0,
    };
    mkdirSync(stage.path('grant-changes'), { mode: 0o700 });
    leave(change);
    stage.start(section);
    await registered();
    await vi.waitFor(() => expect(audited().map(({ kind }) => kind)).toContain('plugin.loaded'), PATIENT);
    const told = audited().filter(({ kind }) => /^(?:grant|plugin)\./u.test(kind));
    expect(told).toMatchObject([
      { ...change, kind: 'grant.changed' },
      { kind: 'plugin.loaded', plugin: 'weather', isolation: 'none', grants: { exec: ['/usr/bin/uptime'], commands: 'read' } },
    ]);
    expect(readdirSync(stage.path('grant-changes'))).toEqual([]);
  });

  it('SEC-208 W41: what is revoked is refused at once, and not imported at the next start', async () => {
    const ran = stage.path('ran');
    const section = install('weather', {
      top: `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(ran)}, 'x');`,
    });
    const first = stage.start(section);
    const { link } = await registered();
    expect((await stage.hub.run('weather_uptime')).payload).toMatchObject({ success: true });
    writeRecord('weather', integrityIn(section), 'revoked');
    leave({ action: 'revoke', plugin: 'weather' });
    await vi.waitFor(
      async () =>
        expect((await stage.hub.run('weather_uptime')).payload).toMatchObject({
          success: false,
          failure_reason: 'validation_failed',
          stderr: expect.stringContaining('revoked the plugin of this command'),
        }),
      PATIENT,
    );
    expect(audited()).toContainEqual(expect.objectContaining({ kind: 'grant.changed', action: 'revoke' }));
    first.child.kill('SIGTERM');
    await first.ended;
    await link.closed;
    expect([readFileSync(ran, 'utf8'), existsSync(stage.path('plugin-copies'))]).toEqual(['x', false]);
    stage.launch();
    const again = await stage.hub.link(1);
    const { payload } = await again.inbox.until('register', ({ type }) => type === 'register');
    expect(payload['commands']).not.toHaveProperty('weather_uptime');
    expect(readFileSync(ran, 'utf8')).toBe('x');
  });

  it('SEC-208 W42: a package revoked before the start is not imported, and status and doctor say why', async () => {
    const ran = stage.path('ran');
    const section = install('weather', {
      top: `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(ran)}, 'x');`,
    });
    writeRecord('weather', integrityIn(section), 'revoked');
    stage.start(section);
    const { commands } = await registered();
    expect([commands, existsSync(ran)]).toEqual([[], false]);
    const reason = /version 1\.0\.0 was revoked on this host at .*; install another version/u;
    await vi.waitFor(() => expect(statuses()['weather']).toMatch(reason), PATIENT);
    const { stdout, status } = spawnSync(process.execPath, [PROGRAM, 'doctor', '--json', stage.path('stormpulse.toml')], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', HOME: stage.folder },
    });
    const { findings } = JSON.parse(stdout) as { findings: { area: string; level: string; problem: string; fix: string }[] };
    expect(findings.filter(({ area }) => area === 'plugins')).toEqual([
      expect.objectContaining({ level: 'wrong', problem: expect.stringMatching(reason) as string }),
    ]);
    expect([status, existsSync(ran)]).toEqual([1, false]);
  });

  it('SEC-209: no message of a hub touches a grant', async () => {
    const section = install('weather');
    stage.start(section);
    const { link } = await registered();
    await vi.waitFor(() => expect(statuses()['weather']).toBe('ready: '), PATIENT);
    const grants = (): string[] => {
      const files = readdirSync(stage.path('plugins'), { recursive: true, encoding: 'utf8' }).map((name) =>
        join(stage.path('plugins'), name),
      );
      return [stage.path('stormpulse.toml'), ...files]
        .filter((path) => statSync(path).isFile())
        .map((path) => `${path} ${statSync(path).mtimeMs} ${hash('sha256', readFileSync(path), 'hex')}`);
    };
    const before = grants();
    const payload = {
      plugins: {
        weather: { grants: { exec: ['/bin/sh'], commands: 'destructive', gate: true }, integrity: null, isolation: 'none' },
      },
      grants: { weather: 'all' },
      features: ['plugins.grant'],
      revoked: ['weather'],
    };
    for (const type of [...HUB_TO_AGENT_TYPES, 'plugin.grant', 'plugin.install'])
      link.send(JSON.stringify({ v: 1, type, id: `id-${type}`, ts: new Date().toISOString(), agent_id: 'node-7', payload }));
    expect((await stage.hub.run('weather_uptime')).payload).toMatchObject({ success: true });
    expect(grants()).toEqual(before);
    expect(readdirSync(stage.path('grant-changes'))).toEqual([]);
  });
});
