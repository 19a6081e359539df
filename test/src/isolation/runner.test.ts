import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { definitionOf, recordSetup } from '@stormpulse/plugin-api/internal';
import type { LiveMembers, PluginManifest } from '@stormpulse/plugin-api/internal';
import { createSystemClock } from '@stormpulse/services';
import { createPluginRunner } from '@stormpulse/services/isolation';
import type { PluginRunner, PluginSource } from '@stormpulse/services/isolation';
import { startRig } from '../kernel/agent-fixture.ts';
import type { Rig } from '../kernel/agent-fixture.ts';
import { memoryServices } from './memory-services.ts';
import { CHILD_ENTRY, REPOSITORY, pluginFile } from './plugin-file.ts';

vi.setConfig({ testTimeout: 90_000 });
const CONFIG = { token: { env: 'TOKEN' } };
const SAMPLE: PluginSource = {
  name: 'sample',
  entry: pluginFile('sample'),
  tree: REPOSITORY,
  config: CONFIG,
  isolation: 'process',
};
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const newRunner = (limits: object = {}): PluginRunner =>
  createPluginRunner({ clock: createSystemClock(), logger: () => quiet, childEntry: CHILD_ENTRY, limits });

let runner: PluginRunner;
let rig: Rig | undefined;
afterEach(async () => {
  await rig?.close();
  rig = undefined;
  await runner.close();
});

/** Processes of isolated plugins that this one started. */
function children(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .filter((pid) => isChild(pid))
    .map(Number);
}

function isChild(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return parent === process.pid && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('plugin-child');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}

async function startWith(kept: PluginManifest): Promise<Rig> {
  const load = async () => await runner.load({ ...SAMPLE, kept });
  return await startRig({
    services: memoryServices({ TOKEN: 'x' }).factory,
    kernel: { plugins: [{ name: 'sample', load, config: CONFIG, firstParty: false, grants: 'all', startup: 'disable' }] },
  });
}

test('SEC-203: a manifest is derived apart, and nothing is left running', async () => {
  runner = newRunner();
  const manifest = await runner.derive(SAMPLE);
  expect(manifest.commands.map(({ id }) => id)).toContain('greet');
  expect(manifest.capabilities).toMatchObject({ exec: ['/bin/echo'], gate: true });
  expect(await runner.derive(SAMPLE)).toEqual(manifest);
  expect(children()).toEqual([]);
});

test('problems of a config are told as of a plugin in the agent', async () => {
  runner = newRunner();
  const derived = runner.derive({ ...SAMPLE, config: { token: { env: 'TOKEN' }, greting: 'x' } });
  await expect(derived).rejects.toMatchObject({
    code: 'E_CONFIG_INVALID',
    details: { problems: [{ path: ['greting'], expected: 'no such key' }] },
  });
  await expect(runner.load({ ...SAMPLE, config: {} })).rejects.toMatchObject({ code: 'E_CONFIG_INVALID' });
  expect(children()).toEqual([]);
});

test.each([
  ['no plugin', 'E_PLUGIN_INVALID_EXPORT', new URL('plugin-file.js', pluginFile('../x')).href],
  ['no file', 'E_PLUGIN_SETUP', pluginFile('is-not-there')],
])('what is %s is refused by its code', async (_, code, entry) => {
  runner = newRunner();
  await expect(runner.load({ ...SAMPLE, entry })).rejects.toMatchObject({ code });
  expect(children()).toEqual([]);
});

test('SEC-200: one that declares more than what was kept does not start', async () => {
  runner = newRunner();
  const manifest = await runner.derive(SAMPLE);
  const { commands } = manifest;
  rig = await startWith({ ...manifest, commands: commands.filter(({ id }) => id !== 'greet') });
  expect(rig.kernel.status.plugins).toEqual([
    {
      name: 'sample',
      state: 'failed',
      reason: expect.stringContaining('declares other commands now than when it was approved') as string,
      code: 'E_PLUGIN_START',
    },
  ]);
  expect(children()).toEqual([]);
});

test('closing ends every process', async () => {
  runner = newRunner();
  const manifest = await runner.derive(SAMPLE);
  rig = await startWith(manifest);
  expect(children()).toHaveLength(1);
  await rig.close();
  await runner.close();
  expect(children()).toEqual([]);
});

test('closing ends one that is still in its setup', async () => {
  runner = newRunner({ setupMs: 600_000 });
  const source = { ...SAMPLE, name: 'spins-in-setup', entry: pluginFile('hostile/spins-in-setup') };
  const loading = runner.load({ ...source, config: { canary: '', port: 1, agentPid: 1 } });
  const refused = expect(loading).rejects.toMatchObject({ code: 'E_PLUGIN_SETUP' });
  await vi.waitFor(() => expect(children()).toHaveLength(1), { timeout: 20_000 });
  await runner.close();
  await refused;
  expect(children()).toEqual([]);
});

test('what is asked of one that is about to start waits for that', async () => {
  runner = newRunner();
  const source = {
    ...SAMPLE,
    name: 'behaves',
    entry: pluginFile('hostile/behaves'),
    config: { canary: '', port: 1, agentPid: 1 },
  };
  const kept = await runner.derive(source);
  const definition = definitionOf(await runner.load({ ...source, kept }));
  if (definition === undefined) throw new Error('it is no plugin');
  const { signal } = new AbortController();
  const live = { exec: {}, http: {}, logger: quiet, signal, defer: () => undefined } as unknown as LiveMembers;
  const { commands, starts } = recordSetup(definition, { secrets: [] }, live);
  const mode = commands.find(({ id }) => id === 'answer')?.mode;
  if (mode?.kind !== 'handler') throw new Error('it has no such command');
  expect(children()).toEqual([]);
  const answer = mode.run({ params: {}, requestId: 'r', signal } as Parameters<typeof mode.run>[0]);
  await starts[0]?.(signal);
  expect(await answer).toBe('here');
});
