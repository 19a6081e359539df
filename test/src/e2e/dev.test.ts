import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PROGRAM } from './agent-process.ts';
import { HubPerson } from './hub-person.ts';
import { PATIENT } from './patience.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SLOW = { ...PATIENT, timeout: 60_000 };

// Each load is a compiler's run, a derivation and an agent's start.
describe('stormpulse dev', { timeout: 240_000 }, () => {
  let root: string;
  let plugin: string;
  let said = '';
  let child: ChildProcess | undefined;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'dev-'));
    plugin = join(root, 'plugin');
    mkdirSync(join(root, 'tmp'));
    const create = join(ROOT, 'packages/create-plugin/dist/main.js');
    execFileSync(process.execPath, [create, 'disk-watch', '--yes', '--folder', plugin], { cwd: root });
    // What npm install brings, as this repository has it.
    symlinkSync(join(ROOT, 'node_modules'), join(plugin, 'node_modules'));
    said = '';
  });
  afterEach(async () => {
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    rmSync(root, { recursive: true, force: true });
  });

  const start = (...args: string[]): ChildProcess => {
    const env = { PATH: process.env['PATH'], HOME: root, TMPDIR: join(root, 'tmp') };
    const started = spawn(process.execPath, [PROGRAM, 'dev', ...args], { cwd: root, env, stdio: 'pipe' });
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
    child = started;
    return started;
  };
  const type = (line: string): void => void child?.stdin?.write(`${line}\n`);
  const says = (text: string | RegExp): Promise<void> => vi.waitFor(() => expect(said).toMatch(text), SLOW);
  const change = (file: string, what: string, by: string): void => {
    const text = readFileSync(join(plugin, file), 'utf8');
    expect(text).toContain(what);
    writeFileSync(join(plugin, file), text.replace(what, by));
  };
  /** Command lines of living processes that name the folder of this test. */
  const living = (): string[] =>
    readdirSync('/proc').flatMap((pid) => {
      try {
        const line = /^\d+$/u.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
        return line.includes(root) ? [line] : [];
      } catch {
        return [];
      }
    });

  it('runs the commands of a plugin, takes what is saved, and leaves nothing', async () => {
    const { stdin } = start('plugin');
    await says('disk-watch: ready; disk-watch_greet');
    await says(/page, with this plugin: http:\/\/localhost:\d+\/setup#/u);
    const link = /http:\S+#\S+/u.exec(said)?.[0] ?? '';
    const person = await HubPerson.signIn({ peopleUrl: new URL(link).origin, setupLink: () => Promise.resolve(link) });
    const declared = async (): Promise<unknown> => {
      const { items } = await person.get<{ items: { name: string; declared: unknown }[] }>('/agents/dev/plugins');
      return items.find(({ name }) => name === 'disk-watch')?.declared;
    };
    await vi.waitFor(
      async () =>
        expect(await declared()).toMatchObject({
          package: { isolation: 'process', integrity: expect.stringMatching(/^sha512-/u) as string },
          capabilities: { commands: 'read' },
          config_schema: { properties: { greeting: { type: 'string', default: 'Hello' } } },
          collectors: [{ id: 'greetings' }],
        }),
      SLOW,
    );
    type('help');
    await says(/greet {2}Greet somebody \(read\)\n {2}who= {2}text, needed: Name/u);
    type('greet who=Ada');
    await says(/Hello, Ada![^]*succeeded/u);
    type('greet who="A d a"');
    await says(/parameter "who"[^]*failed|refused/u);
    type('greet Ada');
    await says('"Ada" is no parameter; expected name=value');

    change('src/commands/greet.ts', '${params.who}!', '${params.who}, again!');
    await vi.waitFor(() => expect(said.match(/disk-watch: ready/gu), said).toHaveLength(2), SLOW);
    type('disk-watch_greet who=Ada');
    await says('Hello, Ada, again!');

    // What does not build is told, and the version before stays.
    change('src/commands/greet.ts', 'return { said:', 'return { sad:');
    await says(/not loaded: npm run build failed:[^]*sad/u);
    type('greet who=Bob');
    await says('Hello, Bob, again!');

    expect(living().some((line) => line.includes('\0run\0'))).toBe(true);
    const gone = once(child as ChildProcess, 'exit');
    stdin?.end();
    expect(await gone).toEqual([0, null]);
    expect(readdirSync(join(root, 'tmp'))).toEqual([]);
    expect(living()).toEqual([]);
  });

  it('ends all it started on Ctrl-C, also while it waits at the prompt', async () => {
    start('plugin', '--isolation', 'none');
    await says('> ');
    const gone = once(child as ChildProcess, 'exit');
    child?.kill('SIGINT');
    expect(await gone).toEqual([0, null]);
    expect([readdirSync(join(root, 'tmp')), living()]).toEqual([[], []]);
  });

  it('says what is missing, and leaves nothing', async () => {
    mkdirSync(join(root, 'empty'));
    expect(await once(start('empty'), 'exit')).toEqual([1, null]);
    expect(said).toMatch(/empty\/package\.json is not there; expected the folder of a plugin/u);
    rmSync(join(plugin, 'node_modules'));
    expect(await once(start('plugin'), 'exit')).toEqual([1, null]);
    expect(said).toMatch(/npm run build failed|npm install/u);
    expect([readdirSync(join(root, 'tmp')), living()]).toEqual([[], []]);
  });
});
