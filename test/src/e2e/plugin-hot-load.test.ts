import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readAuditLog } from '@stormpulse/services';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { API, writePackage } from '../../../packages/agent/test-support/plugin-package.ts';
import type { PackageSpec } from '../../../packages/agent/test-support/plugin-package.ts';
import { HostStage, PROGRAM } from './agent-process.ts';
import type { AgentProcess } from './agent-process.ts';

const PATIENT = { timeout: 30_000, interval: 50 };

interface Listed {
  readonly name: string;
  readonly state: string;
  readonly isolation: string;
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  readonly restarts: number | null;
  readonly lastError: string | null;
}

describe('plugins of others in an agent that runs', () => {
  let stage: HostStage;
  let agent: AgentProcess;
  beforeEach(async () => {
    stage = await HostStage.create();
  });
  afterEach(() => stage.close());

  /** A package as it is published, with all it needs in one file: its process may read nothing else. */
  const publish = async (version: string, spec: PackageSpec = {}): Promise<string> => {
    const folder = writePackage(stage.path(`built-${version}`), {
      version,
      capabilities: "{ commands: 'read' }",
      commands: `[handler({ id: 'tell', title: 'Tell', effect: 'read', timeout: '30s', params: Type.Object({}), result: Type.String(),
        run: async () => '${version}' })]`,
      ...spec,
    });
    const entry = join(folder, 'index.js');
    writeFileSync(entry, readFileSync(entry, 'utf8').replaceAll("'file://", "'"));
    await build({ entryPoints: [entry], outfile: entry, allowOverwrite: true, bundle: true, format: 'esm', platform: 'node' });
    return folder;
  };
  /** The program as a person runs it: its exit code, and all it said. */
  const plugins = async (...args: readonly string[]): Promise<{ readonly code: number; readonly said: string }> => {
    const more = args[0] === 'list' ? [] : ['--yes'];
    const line = [PROGRAM, 'plugins', ...args, '--config', stage.path('stormpulse.toml'), ...more];
    const env = { PATH: '/usr/bin:/bin', HOME: stage.folder };
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, line, { env });
      return { code: 0, said: `${stdout}${stderr}` };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, said: `${stdout}${stderr}` };
    }
  };
  const start = async (tables = ''): Promise<void> => {
    agent = stage.start(tables);
    await offered(0);
    await vi.waitFor(
      () => expect(readFileSync(stage.path('status.json'), 'utf8')).toContain('"takesPluginChanges":true'),
      PATIENT,
    );
  };
  /** What the agent offered on its `index`th connection. */
  const offered = async (index: number): Promise<readonly string[]> => {
    const link = await stage.hub.link(index);
    const { payload } = await link.inbox.until('register', ({ type }) => type === 'register');
    return Object.keys(payload['commands'] as object);
  };
  const told = async (): Promise<unknown> => (await stage.hub.run('weather_tell')).payload['stdout'];
  const listed = async (name = 'weather'): Promise<Listed | undefined> =>
    (JSON.parse((await plugins('list', '--json')).said) as Listed[]).find((one) => one.name === name);

  it('D3: one is added, changed and removed; the agent offers it on a new connection, and is not restarted', async () => {
    await start();
    expect(await plugins('add', await publish('1.0.0'))).toMatchObject({
      code: 0,
      said: expect.stringContaining('the running agent has taken it: weather runs'),
    });
    expect(await offered(1)).toEqual(['weather_tell']);
    expect(await told()).toBe('1.0.0');
    const second = await publish('2.0.0', {
      commands: `[handler({ id: 'tell', title: 'Tell it', effect: 'read', timeout: '30s', params: Type.Object({}),
        result: Type.String(), run: async () => '2.0.0' })]`,
    });
    expect((await plugins('update', 'weather', second)).said).toContain('the running agent has taken it');
    await offered(2);
    expect(await told()).toBe('2.0.0');
    expect((await plugins('remove', 'weather')).said).toContain('the running agent has stopped weather');
    expect(await offered(3)).toEqual([]);
    expect(agent.child.exitCode).toBeNull();
    const kinds = [...readAuditLog(stage.path('audit'))].flatMap(({ record }) => (record === undefined ? [] : [record]));
    expect(kinds.filter(({ kind }) => kind === 'plugin.loaded')).toMatchObject([{ version: '1.0.0' }, { version: '2.0.0' }]);
  }, 120_000);

  it('D3: a job of the version before ends as it would have, in its process; then the new one answers', async () => {
    await start();
    const flag = stage.path('enough');
    const older = await publish('1.0.0', {
      top: `import { job } from '${API}'; import { existsSync } from 'node:fs'; import { setTimeout as wait } from 'node:timers/promises';`,
      capabilities: `{ commands: 'read', read: [${JSON.stringify(flag)}] }`,
      commands: `[job({ id: 'long', title: 'Long', effect: 'read', timeout: '1h', params: Type.Object({}), result: Type.String(),
        async run({ progress }) {
          progress({ done: 1 });
          while (!existsSync(${JSON.stringify(flag)})) await wait(50);
          return 'ended by ' + ctx.config.version;
        } }), handler({ id: 'tell', title: 'Tell', effect: 'read', timeout: '5s', params: Type.Object({}), result: Type.String(),
        run: async () => 'still here' })]`,
      configSchema: "Type.Object({ version: Type.String({ default: '1.0.0' }) })",
    });
    await plugins('add', older);
    await offered(1);
    const ended = stage.hub.run('weather_long');
    await (await stage.hub.link(1)).inbox.until('progress', ({ payload }) => payload['current'] === 1);
    const updated = plugins('update', 'weather', await publish('2.0.0'));
    await vi.waitFor(
      async () => expect((await stage.hub.run('weather_tell')).payload).toMatchObject({ success: false }),
      PATIENT,
    );
    writeFileSync(flag, '');
    expect((await ended).payload).toMatchObject({ success: true, stdout: 'ended by 1.0.0' });
    expect((await updated).said).toContain('the running agent has taken it: weather runs');
    await offered(2);
    expect(await told()).toBe('2.0.0');
  }, 120_000);

  it('a version that does not start changes nothing: neither the file nor what runs', async () => {
    await start();
    await plugins('add', await publish('1.0.0'));
    await offered(1);
    const before = readFileSync(stage.path('stormpulse.toml'), 'utf8');
    const bad = await publish('2.0.0', {
      commands: "(ctx.lifecycle.onStart(() => Promise.reject(new Error('no sky today'))), [])",
    });
    const { code, said } = await plugins('update', 'weather', bad);
    expect([code, said]).toEqual([1, expect.stringContaining('no sky today')]);
    expect(readFileSync(stage.path('stormpulse.toml'), 'utf8')).toBe(before);
    expect(await told()).toBe('1.0.0');
    expect(await listed()).toMatchObject({ state: 'ready' });
  }, 120_000);

  it('SEC-208: what was revoked goes at once, its process too; a part of it as well', async () => {
    await start();
    await plugins('add', await publish('1.0.0'));
    await offered(1);
    expect((await plugins('revoke', 'weather', 'commands')).said).toContain('the running agent has taken it');
    expect(await offered(2)).toEqual([]);
    expect(await listed()).toMatchObject({ state: 'ready', isolation: 'process' });
    expect((await plugins('revoke', 'weather')).said).toContain('the running agent does not run weather');
    expect(await listed()).toMatchObject({ state: 'refused', memoryBytes: null });
  }, 120_000);

  it('SEC-208: one that came in while the agent ran is refused at once, also while another change waits for what runs', async () => {
    await start();
    const told = (name: string): string => `handler({ id: '${name}', title: 'Tell', effect: 'read', timeout: '15s',
      params: Type.Object({}), result: Type.String(), run: `;
    const moon = { name: 'moon', package: '@example/moon', commands: `[${told('tell')}async () => 'full' })]` };
    await plugins('add', await publish('1.1.0', moon));
    const held = `[${told('tell')}async () => 'dry' }), ${told('hold')}() => new Promise(() => undefined) })]`;
    await plugins('add', await publish('1.0.0', { commands: held }));
    await offered(2);
    const hold = stage.hub.run('weather_hold');
    const answers = async (name: string): Promise<unknown> => (await stage.hub.run(name)).payload;
    expect([await answers('weather_tell'), await answers('moon_tell')]).toMatchObject([{ stdout: 'dry' }, { stdout: 'full' }]);
    const removed = plugins('remove', 'weather');
    await vi.waitFor(async () => expect(await answers('weather_tell')).toMatchObject({ success: false }), PATIENT);
    const revoked = plugins('revoke', 'moon');
    await vi.waitFor(async () => expect(await answers('moon_tell')).toMatchObject({ success: false }), PATIENT);
    expect(await answers('moon_tell')).toMatchObject({ stderr: expect.stringContaining('revoked the plugin of this command') });
    await Promise.all([hold, removed, revoked]);
  }, 120_000);

  it('says that a restart is needed for what it cannot take, and takes the rest', async () => {
    await start();
    await plugins('add', await publish('1.0.0'), '--isolation', 'none');
    await offered(1);
    const { said } = await plugins('update', 'weather', await publish('2.0.0'));
    expect(said).toContain('restart needed: isolation = "none"');
    expect(await told()).toBe('1.0.0');
  }, 120_000);

  it('SEC-207: what a part of the agent rejects or throws outside of a call is its own; the agent goes on', async () => {
    await start();
    const falls = (id: string, what: string): string => `handler({ id: '${id}', title: 'Falls', effect: 'read', timeout: '30s',
      params: Type.Object({}), result: Type.String(), run: async () => { ${what}; return 'begun'; } })`;
    const commands = `[${falls('reject', "void Promise.reject(new Error('no rain'))")},
      ${falls('throw', "setTimeout(() => { throw new Error('hail') }, 1)")}, ${falls('tell', '')}]`;
    await plugins('add', await publish('1.0.0', { commands }), '--isolation', 'none');
    await offered(1);
    for (const [id, why] of [
      ['reject', 'no rain'],
      ['throw', 'hail'],
    ] as const) {
      await vi.waitFor(async () => {
        expect((await stage.hub.run(`weather_${id}`)).payload).toMatchObject({ stdout: 'begun' });
      }, PATIENT);
      await vi.waitFor(() => expect(agent.log()).toContain(`nobody caught what it threw: ${why}`), PATIENT);
      await vi.waitFor(async () => expect(await told()).toBe('begun'), PATIENT);
    }
    expect(agent.child.exitCode).toBeNull();
    expect(agent.log()).not.toContain('a bug');
  }, 120_000);

  it('bills a plugin with a process of its own: what it uses, how often it was started again, and why', async () => {
    const version = '1.0.0';
    await start();
    const folder = await publish(version, {
      commands: `[handler({ id: 'tell', title: 'Tell', effect: 'read', timeout: '30s', params: Type.Object({}), result: Type.String(),
        run: async () => '${version}' }),
        handler({ id: 'end', title: 'End', effect: 'read', timeout: '30s', params: Type.Object({}), result: Type.String(),
        run: () => process.exit(7) })]`,
    });
    await plugins('add', folder);
    await offered(1);
    await vi.waitFor(async () => {
      await told();
      const bill = await listed();
      expect(bill).toMatchObject({ state: 'ready', isolation: 'process', restarts: 0, lastError: null });
      expect(bill?.memoryBytes).toBeGreaterThan(1_000_000);
      expect(bill?.cpuPercent).toBeGreaterThanOrEqual(0);
    }, PATIENT);
    await stage.hub.run('weather_end');
    await vi.waitFor(
      async () => expect(await listed()).toMatchObject({ state: 'ready', restarts: 1, lastError: 'it exited with code 7' }),
      PATIENT,
    );
    expect(await listed('host-metrics')).toMatchObject({ isolation: 'none', memoryBytes: null, restarts: null });
  }, 120_000);

  it('startup = "retry": one that cannot start yet is tried again, and joins', async () => {
    await start();
    const flag = stage.path('ready');
    const folder = await publish('1.0.0', {
      top: "import { existsSync } from 'node:fs';",
      capabilities: `{ commands: 'read', read: [${JSON.stringify(flag)}] }`,
      commands: `(ctx.lifecycle.onStart(async () => { if (!existsSync(${JSON.stringify(flag)})) throw new Error('no hardware yet'); }),
        [handler({ id: 'tell', title: 'Tell', effect: 'read', timeout: '30s', params: Type.Object({}), result: Type.String(),
        run: async () => '1.0.0' })])`,
    });
    expect((await plugins('add', folder)).said).toContain('no hardware yet');
    agent.child.kill('SIGTERM');
    await agent.ended;
    const toml = readFileSync(stage.path('stormpulse.toml'), 'utf8');
    writeFileSync(stage.path('stormpulse.toml'), toml.replace('[plugins.weather]\n', '[plugins.weather]\nstartup = "retry"\n'));
    agent = stage.launch();
    await vi.waitFor(() => expect(agent.log()).toContain('it is tried again'), PATIENT);
    // Between two tries: while one runs it is on its way.
    await vi.waitFor(async () => expect(await listed()).toMatchObject({ state: 'failed', lastError: null }), PATIENT);
    writeFileSync(flag, '');
    await vi.waitFor(async () => {
      expect(await listed()).toMatchObject({ state: 'ready' });
      expect(await offered(stage.hub.links.length - 1)).toEqual(['weather_tell']);
    }, PATIENT);
    expect(await told()).toBe('1.0.0');
  }, 120_000);
});
