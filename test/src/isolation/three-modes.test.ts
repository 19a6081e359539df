import { afterEach, describe, expect, test, vi } from 'vitest';
import type { PluginManifest } from '@stormpulse/plugin-api/internal';
import { createSystemClock } from '@stormpulse/services';
import { createPluginRunner } from '@stormpulse/services/isolation';
import type { PluginRunner } from '@stormpulse/services/isolation';
import { startRig } from '../kernel/agent-fixture.ts';
import type { Change, Rig } from '../kernel/agent-fixture.ts';
import { memoryServices } from './memory-services.ts';
import type { MemoryServices } from './memory-services.ts';
import { CHILD_ENTRY, REPOSITORY, pluginFile } from './plugin-file.ts';

type Mode = 'process' | 'worker' | 'none';

const CONFIG = { greeting: 'good day', token: { env: 'TOKEN' } };
const WITHIN = { timeout: 20_000, interval: 10 };

/** What runs told while they ran. */
const told: (readonly [stream: string, text: string])[] = [];
let rig: Rig;
let runner: PluginRunner;
afterEach(async () => {
  await rig.close();
  await runner.close();
});

function newRunner(): PluginRunner {
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  return createPluginRunner({ clock: createSystemClock(), logger: () => quiet, childEntry: CHILD_ENTRY });
}

async function startSample(isolation: Mode, kept?: PluginManifest): Promise<MemoryServices> {
  const services = memoryServices({ TOKEN: 'token-of-the-host' });
  runner = newRunner();
  const source = { name: 'sample', entry: pluginFile('sample'), tree: REPOSITORY, config: CONFIG, isolation };
  told.length = 0;
  const load = async () => await runner.load(kept === undefined ? source : { ...source, kept });
  rig = await startRig({
    services: services.factory,
    output: {
      open: () => ({ write: (stream, chunk) => void told.push([stream, Buffer.from(chunk).toString()]), end: () => undefined }),
      attach: () => undefined,
      detach: () => undefined,
      acknowledge: () => undefined,
    },
    kernel: { plugins: [{ name: 'sample', load, config: CONFIG, firstParty: false, grants: 'all', startup: 'error' }] },
  });
  return services;
}

/** Sends a command and gives its result, whatever it is. */
async function run(command: string, params: Record<string, string> = {}, change: Change = {}): Promise<Record<string, unknown>> {
  const id = change.id ?? `r${Math.random()}`;
  await rig.deliver(rig.request(command, params, { ...change, id }));
  return await answered(id);
}

async function answered(id: string): Promise<Record<string, unknown>> {
  const result = await vi.waitFor(() => {
    const found = rig.sent('command.result').find((one) => one['request_id'] === id);
    expect(found).toBeDefined();
    return found as Record<string, unknown>;
  }, WITHIN);
  return { ...result, request_id: undefined, duration_ms: undefined };
}

/** What a test compares of a result. */
const short = ({ success, stdout, stderr, failure_reason }: Record<string, unknown>): unknown[] =>
  success === true ? [JSON.parse(String(stdout)) as unknown] : [failure_reason, stderr];

/** Everything that the plugin does, as its host sees it. */
async function everything(services: MemoryServices): Promise<Record<string, unknown>> {
  const declared = services.declared.get('sample');
  if (declared === undefined) throw new Error('nothing was declared');
  const stop = new AbortController().signal;
  await declared.listeners[0]?.listener({ text: 'from another' });
  rig.runner.on('/bin/echo', /./u, { stdout: 'echoed' });
  const seen: Record<string, unknown> = {
    say: await run('sample_say', { word: 'abc', quiet: 'true' }),
    bad: short(await run('sample_say', { word: 'ABC' })),
    greet: short(await run('sample_greet', { word: 'abc', times: '2', key: 'hush-hush' })),
    use: short(await run('sample_use')),
    again: short(await run('sample_again')),
    refreshed: await run('sample_refresh'),
    held: short(await run('sample_greet', { word: 'abc' }, { id: 'held-1' })),
  };
  for (const how of ['reason', 'plain', 'grant', 'shape', 'event', 'late'])
    seen[how] = short(await run('sample_refuse', { how }));
  const keys = [
    ['a', 'x'],
    ['a', 'y'],
    ['b', 'x'],
  ].map(async ([word = '', mark = '']) => await run('sample_keyed', { word, mark }));
  const orders = (await Promise.all(keys)).map(({ stdout }) => String(stdout).split(' '));
  const order = orders.find(({ length }) => length === 6) ?? [];
  seen['keyed'] = order.filter((step) => step.includes('a'));
  seen['count'] = await run('sample_count', { to: '3' });
  expect(told).toEqual([
    ['stdout', 'to 3'],
    ['stderr', 'é'],
  ]);
  seen['progress'] = rig.sent('command.progress').map((progress) => ({ ...progress, request_id: undefined }));
  const [record, , dropped, bad] = await Promise.allSettled(
    ['one', 'two', '', 'bad'].map(async (line) => await declared.parsers[0]?.parse(line)),
  );
  seen['parsed'] = [record, dropped, bad?.status === 'rejected' ? (bad.reason as Error).message : bad];
  seen['enriched'] = await declared.enrichers[0]?.enrich({ ts: 1, message: 'x' });
  const source = declared.sources[0];
  const lines: unknown[] = [];
  if (source !== undefined && 'open' in source) for await (const line of source.open('2', stop)) lines.push(line);
  seen['lines'] = lines;
  seen['probe'] = await declared.probes[0]?.check(stop).then(() => 'well');
  const window = { since: 5, until: 9 };
  const { spec } = declared.investigations[0] ?? {};
  const exec = (): never => {
    throw new Error('not used');
  };
  const evidence = await spec?.gather(window, { exec, signal: stop });
  seen['investigation'] = spec?.judge(evidence, window);
  const wizard = declared.wizards[0]?.spec;
  const detected = await wizard?.detect({ exec, exists: () => Promise.resolve(true), folder: '/x', signal: stop });
  const questions = wizard?.questions(detected);
  seen['wizard'] = [detected, Object.keys(questions?.properties ?? {}), await wizard?.plan({ detected, answers: { path: 'p' } })];
  seen['asked'] = services.requests;
  seen['emitted'] = services.emitted;
  return seen;
}

/** What it does in the agent itself, which the others must do too. */
let inAgent: Record<string, unknown> | undefined;

describe.each<Mode>(['none', 'process', 'worker'])('a plugin in isolation "%s"', (mode) => {
  test('SEC-206: does what it does in the agent itself, to the letter', async () => {
    const services = await startSample(mode);
    const seen = await everything(services);
    expect(seen).toMatchObject({
      say: { success: true, stdout: 'echoed' },
      greet: [{ text: 'good day echoedgood day echoed', key: '9', started: true }],
      refreshed: { stdout: 'Refreshed: 3 things' },
      reason: ['no_disk', 'there is no disk'],
      count: { success: true, doubled: 6 },
      keyed: ['+ax', '-ax', '+ay', '-ay'],
      emitted: [{ id: 'sample.counted', payload: { n: 3 } }],
    });
    inAgent ??= seen;
    expect(seen).toEqual(inAgent);
    expect(rig.kernel.status.plugins).toEqual([{ name: 'sample', state: 'ready' }]);
    await rig.close();
    await runner.close();
    await vi.waitFor(() => expect(services.stored.get('notes/released')).toEqual({ text: 'true' }), WITHIN);
  });

  test('what it says has changed is read', async () => {
    await startSample(mode);
    await run('sample_changed');
    await rig.clock.advance(500);
    await vi.waitFor(async () => expect(short(await run('sample_state'))).toEqual([['hen']]), WITHIN);
    await rig.clock.advance(15_000);
    const events = rig.sent('events.batch').flatMap((batch) => batch['events'] as object[]);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'detected', collector: 'things', keys: 1 }));
  });

  test('a running call hears of its cancel, with the reason', async () => {
    await startSample(mode);
    const logged = (): string => JSON.stringify(rig.log);
    await rig.deliver(rig.request('sample_wait', {}, { id: 'w1' }));
    await vi.waitFor(() => expect(logged()).toContain('waiting'), WITHIN);
    const closing = rig.close();
    await vi.waitFor(() => expect(logged()).toContain('ended: Error: cut off because the agent is stopping'), WITHIN);
    await closing;
  });
});

test('started from a kept manifest nothing runs before onStart, and it does the same', async () => {
  runner = newRunner();
  const source = { name: 'sample', entry: pluginFile('sample'), tree: REPOSITORY, config: CONFIG, isolation: 'process' as const };
  const kept = await runner.derive(source);
  await runner.close();
  const services = await startSample('process', JSON.parse(JSON.stringify(kept)) as PluginManifest);
  expect(short(await run('sample_greet', { word: 'abc' }))).toEqual([{ text: 'good day ', key: '4', started: true }]);
  expect(services.stored.get('notes/started')).toEqual({ text: 'yes' });
});
