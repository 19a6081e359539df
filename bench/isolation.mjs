// B11: ten plugins apart from the agent, beside the same ten as forked processes.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { definitionOf, parseConfig, recordSetup } from '@stormpulse/plugin-api/internal';
import { createSystemClock } from '@stormpulse/services';
import { createPluginRunner } from '@stormpulse/services/isolation';
import { build } from 'esbuild';
import { memoryOf } from './footprint.mjs';
import { figure } from './report.mjs';
import { median, pause } from './sampling.mjs';

export const KNOBS = {
  plugins: { full: 10, short: 3 },
  calls: { full: 2_000, short: 500 },
  rounds: { full: 3, short: 1 },
  settleMs: { full: 2_000, short: 1_000 },
};

const PLUGIN = fileURLToPath(new URL('floor/isolated-plugin.mjs', import.meta.url));
const FORKED = fileURLToPath(new URL('floor/forked-plugin.mjs', import.meta.url));
const CHILD = pathToFileURL(fileURLToPath(new URL('../packages/agent/bundle/isolation/plugin-child.js', import.meta.url)));

export async function run(knobs) {
  const folder = await mkdtemp(join(tmpdir(), 'stormpulse-bench-isolation-'));
  try {
    const entries = await pluginsIn(folder, knobs.plugins);
    const ways = { forked, process: isolated('process'), worker: isolated('worker') };
    const seen = { forked: [], process: [], worker: [] };
    for (let round = 0; round < knobs.rounds; round += 1)
      for (const [way, start] of Object.entries(ways)) seen[way].push(await measure(start, entries, knobs));
    const of = (way, name) => median(seen[way].map((one) => one[name]));
    const beside = (way, name, unit, title, limit) =>
      figure(`${title}, ${way}`, of(way, name), unit, {
        better: 'lower',
        yardstick: { name: 'forked', value: of('forked', name) },
        limit,
        smoke: knobs.smoke,
      });
    const figures = [
      beside('process', 'privateMb', 'MB', 'private memory a plugin', 1.2),
      beside('process', 'callMs', 'ms', 'call p50', 1.3),
      beside('process', 'startMs', 'ms', 'start of all', null),
      beside('worker', 'rssMb', 'MB', 'resident memory a plugin', 0.5),
      beside('worker', 'callMs', 'ms', 'call p50', 1),
      beside('worker', 'startMs', 'ms', 'start of all', null),
      figure('one that spins is stopped after', median(await spins(entries[0], knobs)), 's', { better: 'lower', limit: 5 }),
    ];
    return { figures, notes: [`${knobs.plugins} plugins, ${knobs.calls} calls each, one after the other`] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One file a plugin, with all that it needs; named by its file. */
export async function pluginsIn(folder, count) {
  const first = join(folder, 'plugin-0.mjs');
  await build({
    entryPoints: [PLUGIN],
    outfile: first,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minify: true,
  });
  const names = Array.from({ length: count }, (_, at) => `plugin-${at}`);
  await Promise.all(names.slice(1).map((name) => copyFile(first, join(folder, `${name}.mjs`))));
  return names.map((name) => ({ name, file: join(folder, `${name}.mjs`) }));
}

async function measure(start, entries, { calls, settleMs }) {
  const before = memoryOf(process.pid);
  const begun = performance.now();
  const plugins = await Promise.all(entries.map(start));
  await Promise.all(plugins.map((plugin) => plugin.call()));
  const startMs = performance.now() - begun;
  const took = [];
  for (const plugin of plugins)
    for (let at = 0; at < calls; at += 1) {
      const asked = performance.now();
      await plugin.call();
      took.push(performance.now() - asked);
    }
  await pause(settleMs);
  const own = memoryOf(process.pid);
  const each = plugins.map(({ pid }) =>
    pid === undefined ? { rss: (own.rss - before.rss) / plugins.length, privateDirty: 0 } : memoryOf(pid),
  );
  await Promise.all(plugins.map((plugin) => plugin.end()));
  const mean = (name) => each.reduce((sum, one) => sum + one[name], 0) / each.length;
  return { startMs, callMs: median(took), privateMb: mean('privateDirty'), rssMb: mean('rss') };
}

/** The Homebridge model: one `fork` a plugin, a message each way. */
export async function forked({ file }) {
  const child = fork(FORKED, [file], { env: {} });
  const waiting = new Map();
  child.on('message', ({ id, value }) => waiting.get(id)?.(value));
  await once(child, 'message');
  let id = 0;
  const call = () =>
    new Promise((resolve) => {
      id += 1;
      waiting.set(id, resolve);
      child.send({ id, params: { text: 'hello' } });
    });
  const end = async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  return { pid: child.pid, call, end };
}

/** Ours, as the kernel uses it, without the kernel. */
function isolated(isolation) {
  return async ({ name, file }) => {
    const { call, runner } = await openIsolated(isolation, name, file);
    const pid = isolation === 'process' ? await call('pid', {}) : undefined;
    return { pid, call: () => call('echo', { text: 'hello' }), end: () => runner.close() };
  };
}

async function openIsolated(isolation, name, file) {
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const runner = createPluginRunner({ clock: createSystemClock(), logger: () => quiet, childEntry: CHILD });
  const definition = definitionOf(await runner.load({ name, entry: pathToFileURL(file).href, config: {}, isolation }));
  const { signal } = new AbortController();
  const live = { exec() {}, http: {}, logger: quiet, signal, defer() {}, ok() {}, degraded() {} };
  const declared = recordSetup(definition, parseConfig(definition.configSchema, {}), live);
  await declared.starts[0](signal);
  const call = (id, params) => {
    const { run } = declared.commands.find((command) => command.id === id).mode;
    return run({ params, requestId: 'r', signal });
  };
  return { call, runner };
}

async function spins({ name, file }, { rounds }) {
  const seconds = [];
  for (let round = 0; round < rounds; round += 1) {
    const { call, runner } = await openIsolated('process', name, file);
    const begun = performance.now();
    await call('spin', {}).catch(() => undefined);
    seconds.push((performance.now() - begun) / 1_000);
    await runner.close();
  }
  return seconds;
}
