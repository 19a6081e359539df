import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { definitionOf, recordSetup } from '@stormpulse/plugin-api/internal';
import type { LiveMembers } from '@stormpulse/plugin-api/internal';
import { afterEach, expect, test, vi } from 'vitest';
import { createSystemClock } from './clock/system-clock.ts';
import { createPluginRunner } from './isolation.ts';
import type { PluginRunner } from './isolation.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const CHILD_ENTRY = new URL('../dist/isolation/plugin-child.js', import.meta.url);
const entry = new URL('../test-support/plain-plugin.mjs', import.meta.url).href;

/** Without permission flags: what is looked at here holds without them. */
const newRunner = (): PluginRunner =>
  createPluginRunner({ clock: createSystemClock(), logger: () => quiet, childEntry: CHILD_ENTRY, permissions: false });
let runner: PluginRunner | undefined;
afterEach(async () => await runner?.close());

/** The process of a plugin that this process, or another, started. */
function child(of = process.pid): string {
  const found = readdirSync('/proc').find((name) => /^\d+$/u.test(name) && isChild(name, of));
  if (found === undefined) throw new Error('no plugin runs');
  return `/proc/${found}`;
}

function isChild(pid: string, of: number): boolean {
  try {
    return fields(`/proc/${pid}`)[1] === String(of) && text(`/proc/${pid}/cmdline`).includes('plugin-child');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

const text = (path: string): string => readFileSync(path, 'latin1');

/** State, parent, group… (proc(5)); the name before them may hold anything. */
function fields(folder: string): string[] {
  const stat = text(`${folder}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

test('SEC-206: its process has no environment but its mark, a group and limits of its own, and goes first when memory runs out', async () => {
  runner = newRunner();
  const plugin = await runner.load({ name: 'plain', entry, config: {}, isolation: 'process' });
  expect(plugin).toMatchObject({ name: 'plain', version: '1.0.0' });
  const folder = child();
  expect(text(`${folder}/environ`)).toMatch(/^STORMPULSE_CALL=[0-9a-f-]{36}\0$/u);
  expect(text(`${folder}/oom_score_adj`).trim()).toBe('500');
  expect(text(`${folder}/limits`)).toMatch(/Max open files +256 /u);
  expect(fields(folder)[2]).toBe(folder.slice('/proc/'.length));
});

test('SEC-206: what the agent has open is not open in it', async () => {
  const secret = join(mkdtempSync(join(tmpdir(), 'isolation-')), 'nonces');
  const fd = openSync(secret, 'w');
  try {
    runner = newRunner();
    await runner.load({ name: 'plain', entry, config: {}, isolation: 'process' });
    const folder = child();
    const open = readdirSync(`${folder}/fd`).map((each) => readlinkSync(`${folder}/fd/${each}`));
    expect(open.filter((target) => target.startsWith('socket:')).length).toBeGreaterThanOrEqual(3);
    expect(open).not.toContain(secret);
  } finally {
    closeSync(fd);
    rmSync(dirname(secret), { recursive: true });
  }
});

test('SEC-114: a plugin in the agent itself has its patterns read as it declares them', async () => {
  runner = newRunner();
  const slow = new URL('../test-support/slow-pattern-plugin.mjs', import.meta.url).href;
  const definition = definitionOf(await runner.load({ name: 'slow', entry: slow, config: {}, isolation: 'none' }));
  if (definition === undefined) throw new Error('it is no plugin');
  const live = { exec: {}, http: {}, logger: quiet, signal: {}, defer: () => undefined } as unknown as LiveMembers;
  expect(() => recordSetup(definition, {}, live)).toThrow(/plugin "slow", command "look": parameter "town": the pattern/u);
});

test('SEC-207: one that spins ends when the agent is killed, with no service manager to end it', async () => {
  const path = (name: string): string => fileURLToPath(new URL(`../test-support/${name}`, import.meta.url));
  const spinning = pathToFileURL(path('spinning-plugin.mjs')).href;
  const agent = spawn(process.execPath, [path('agent-of-plugin.mjs'), spinning], { stdio: ['ignore', 'pipe', 'inherit'] });
  let folder = '';
  try {
    for await (const said of agent.stdout.setEncoding('utf8')) if (String(said).includes('it spins')) break;
    folder = child(agent.pid);
    agent.kill('SIGKILL');
    await vi.waitFor(() => expect(isRunning(folder)).toBe(false), { timeout: 20_000 });
  } finally {
    agent.kill('SIGKILL');
    if (folder !== '' && isRunning(folder)) process.kill(Number(folder.slice('/proc/'.length)), 'SIGKILL');
  }
});

/** A process that nobody waited for yet has ended all the same. */
function isRunning(folder: string): boolean {
  return existsSync(folder) && !['Z', 'X'].includes(fields(folder)[0] ?? '');
}
