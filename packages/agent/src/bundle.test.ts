import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { hasNodeSqlite } from '../../sqlite/src/engine-node.ts';
import { HostFolder } from '../test-support/host-folder.ts';
import { createIdentity } from '../test-support/identity.ts';
import { runArgs } from '../test-support/program.ts';

const PATIENT = { timeout: 20_000, interval: 20 };
const SCRIPT = join(import.meta.dirname, '../../../scripts/bundle.mjs');

/** What a host gets: the folder as `scripts/bundle.mjs` made it from the build, copied away from the project. */
describe('the bundle, alone in an empty folder', () => {
  let made: string;
  let alone: string;
  let host: HostFolder;
  let printed: string;

  beforeAll(() => {
    made = mkdtempSync(join(tmpdir(), 'agent-bundle-'));
    const built = spawnSync(process.execPath, [SCRIPT, join(made, 'made')], { encoding: 'utf8' });
    expect(built.stderr).toBe('');
    printed = built.stdout;
    alone = join(made, 'alone');
    cpSync(join(made, 'made'), alone, { recursive: true, dereference: true });
    rmSync(join(made, 'made'), { recursive: true });
  });
  afterAll(() => rmSync(made, { recursive: true, force: true }));
  beforeEach(() => {
    host = new HostFolder();
  });
  afterEach(() => host.close());

  const options = { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent' } } as const;
  const main = (): string[] => ['--disable-proto=throw', '--disallow-code-generation-from-strings', join(alone, 'main.js')];

  it('tells its version, and the sizes it was made with', () => {
    const { stdout, status } = spawnSync(process.execPath, [...main(), '--version'], { ...options, cwd: '/' });
    expect([stdout, status]).toEqual(['storm-pulse-agent v0.1.0\n', 0]);
    expect(printed).toMatch(
      /run starts with \d+ KB; custom-commands\.js \d+ KB, docker\.js \d+ KB, git\.js \d+ KB, host-metrics\.js \d+ KB, signoff\.js \d+ KB; on first use \d+ KB/u,
    );
    // What `run` reads is in the memory of every host: a namespace of a library, such as TypeBox's `Value`, brings all of it.
    expect(Number(/run starts with (\d+) KB/u.exec(printed)?.[1])).toBeLessThanOrEqual(540);
  });

  it('refuses a bad file by its line, a bad command through the plugin beside it', async () => {
    const refusal = (toml: string): string => {
      host.write('stormpulse.toml', toml);
      const { status, stderr } = spawnSync(process.execPath, [...main(), ...runArgs(host.config)], options);
      expect(status).toBe(1);
      return stderr;
    };
    expect(refusal('[agent]\nidd = "web-1"\n')).toContain(`${host.config}:2: agent.idd`);
    host.writeIdentity(await createIdentity('web-1'));
    const toml = `${host.validToml()}[commands.up]\ngroup = "g"\ncommand = []\ntimeout = 5\n`;
    const line = toml.split('\n').indexOf('command = []') + 1;
    expect(refusal(toml)).toContain(`${host.config}:${line}: commands.up.command`);
    const checked = spawnSync(process.execPath, [...main(), 'config', 'check', host.config], options);
    expect([checked.status, checked.stderr]).toEqual([1, expect.stringContaining(`:${line}: commands.up.command`)]);
  });

  it('runs: opens its database, loads its plugins, stops in order', async () => {
    host.writeIdentity(await createIdentity('web-1'));
    host.write('stormpulse.toml', `${host.validToml()}\n[commands.up]\ngroup = "g"\ncommand = ["/bin/true"]\ntimeout = 5\n`);
    const tell = 'data:text/javascript,process.on("exit",()=>process._rawDebug("loaded",...process.moduleLoadList))';
    const child = spawn(process.execPath, ['--import', tell, ...main(), ...runArgs(host.config)], {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    const ended = once(child, 'close');
    try {
      await vi.waitFor(() => expect(log).toContain('"retryInMs"'), PATIENT);
      const status = (): Record<string, unknown> =>
        JSON.parse(readFileSync(host.path('status.json'), 'utf8')) as Record<string, unknown>;
      await vi.waitFor(() => {
        expect(status()).toMatchObject({
          commands: ['up'],
          plugins: [
            { name: 'host-metrics', state: 'ready' },
            { name: 'custom-commands', state: 'ready' },
            { name: 'signoff', state: 'ready' },
          ],
        });
      }, PATIENT);
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      // Without its native part the store would leave an empty file, say so, and refuse each command.
      expect(readFileSync(host.path('stormpulse.db')).subarray(0, 15).toString()).toBe('SQLite format 3');
      expect(log).not.toMatch(/"level":"error".*"name":"nonces"/u);
      // 0.1 to 0.2 MB each, with what they bring along (scripts/bundle/stand-ins.mjs).
      const [loaded = ''] = /^loaded .*$/mu.exec(log) ?? [];
      expect(loaded).toContain('NativeModule tls');
      for (const dear of ['worker_threads', 'perf_hooks', 'assert', 'zlib', 'inspector'])
        expect(loaded).not.toMatch(new RegExp(`NativeModule ${dear}\\b`, 'u'));
    } finally {
      if (child.exitCode === null) child.kill('SIGKILL');
      await ended;
    }
  });

  it('without a part of libsql for this machine it stores with what Node has, or says which part and what else', async () => {
    const bare = join(made, 'bare');
    cpSync(alone, bare, { recursive: true });
    rmSync(join(bare, 'node_modules'), { recursive: true });
    host.writeIdentity(await createIdentity('web-1'));
    host.write('stormpulse.toml', host.validToml());
    const args = [...main().slice(0, -1), join(bare, 'main.js'), ...runArgs(host.config)];
    const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
    const ended = once(child, 'close');
    const stored = (): string => readFileSync(host.path('stormpulse.db')).subarray(0, 15).toString();
    try {
      await vi.waitFor(() => {
        if (hasNodeSqlite()) expect(stored()).toBe('SQLite format 3');
        else expect(log).toMatch(/@libsql\/[\w-]+ is not installed; run Node 22\.16 or newer, or install @libsql/u);
      }, PATIENT);
    } finally {
      if (child.exitCode === null) child.kill('SIGKILL');
      await ended;
    }
  });

  it('reads no enrollment and no process library before they are used', () => {
    const read = (name: string): string => readFileSync(join(alone, name), 'utf8');
    const starting = new Set<string>();
    const visit = (name: string): void => {
      if (starting.has(name)) return;
      starting.add(name);
      for (const [, next = ''] of read(name).matchAll(/(?:from|import)"\.\/([\w-]+\.js)"/gu)) visit(next);
    };
    const named = (start: string): string =>
      readdirSync(alone).find((name) => new RegExp(`^${start}(?:-\\w+)?\\.js$`, 'u').test(name)) ?? '';
    for (const entry of ['main', 'program', 'run']) visit(named(entry));
    expect(starting.size).toBeGreaterThan(3);
    const all = readdirSync(alone).filter((name) => name.endsWith('.js'));
    const holding = (text: string): string[] => all.filter((name) => read(name).includes(text));
    for (const marker of ['CERTIFICATE REQUEST', 'execaSync']) {
      expect(holding(marker), marker).not.toEqual([]);
      expect(
        holding(marker).filter((name) => starting.has(name)),
        marker,
      ).toEqual([]);
    }
  });
});
