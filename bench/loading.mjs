// Loading of plugins of others: what ten add to the start of an agent, and what one that misbehaves does to its heartbeat (B11).
import { randomBytes, randomUUID } from 'node:crypto';
import { appendFile, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTree, treeDigest } from '@stormpulse/services/plugin-packages';
import { installBundle, runArguments, writeConfig } from './agent-under-test.mjs';
import { startDriver } from './driver.mjs';
import { cpuMsOf } from './footprint.mjs';
import { forked, pluginsIn } from './isolation.mjs';
import { createAuthority, writeCredentials } from './pki.mjs';
import { createProcesses } from './processes.mjs';
import { figure } from './report.mjs';
import { median, pause, percentile } from './sampling.mjs';

export const KNOBS = {
  plugins: { full: 10, short: 4 },
  starts: { full: 5, short: 3 },
  watchMs: { full: 30_000, short: 8_000 },
};

const HMAC_KEY = Buffer.from(randomBytes(32).toString('hex'));
const BEAT_MS = 1_000;
/** A new nonce store takes commands dated 5 s after it was made, and no earlier ones. */
const FLOOR_MS = 6_000;
const OFFENCES = ['spin', 'leak-heap', 'leak-buffers', 'throw'];

export async function run(knobs) {
  const folder = await mkdtemp(join(tmpdir(), 'stormpulse-bench-loading-'));
  const processes = createProcesses();
  const authority = await createAuthority();
  const driver = await startDriver(authority);
  try {
    const files = await pluginsIn(folder, knobs.plugins);
    const host = { folder, processes, authority, driver };
    const sides = {
      none: await newHost(host, 'without', [], 'process'),
      kernel: await newHost(host, 'in-kernel', files, 'none'),
      apart: await newHost(host, 'apart', files, 'process'),
    };
    // The first start derives manifests, and makes nonce stores.
    for (const side of Object.values(sides)) await (await side.start()).stop();
    await pause(FLOOR_MS);
    const started = { none: [], kernel: [], apart: [], ready: [], forked: [] };
    const cpu = { none: [], kernel: [], apart: [] };
    for (let at = 0; at < knobs.starts; at += 1) {
      for (const [name, side] of Object.entries(sides)) {
        const agent = await side.start();
        started[name].push(agent.registeredMs);
        cpu[name].push(agent.cpuMs);
        if (name === 'apart') {
          await Promise.all(files.map((file) => side.order(`${file.name}_echo`)));
          started.ready.push(performance.now() - agent.begun);
        }
        await agent.stop();
      }
      started.forked.push(await startForked(files));
    }
    const of = (name) => median(started[name]);
    const quiet = await heartbeats(sides.apart, knobs.watchMs, []);
    const disturbed = await heartbeats(sides.apart, knobs.watchMs, offendersOf(files));
    const { smoke } = knobs;
    const beside = (title, value, yardstick, limit) => figure(title, value, 'ms', { better: 'lower', yardstick, limit, smoke });
    const figures = [
      beside('start to registered, without plugins', of('none'), null, null),
      beside('added by plugins in the kernel', of('kernel') - of('none'), null, 150),
      beside('added by isolated ones, manifests kept', of('apart') - of('none'), null, 150),
      beside('CPU until then, in the kernel', median(cpu.kernel), named('without', median(cpu.none)), null),
      beside('CPU until then, isolated', median(cpu.apart), named('without', median(cpu.none)), null),
      beside(
        'isolated ones ready, from when the agent dials without them',
        of('ready') - of('none'),
        named('forked', of('forked')),
        1.6,
      ),
      figure('wait between heartbeats p95, four misbehaving', late(disturbed) + BEAT_MS, 'ms', {
        better: 'lower',
        yardstick: named('undisturbed', late(quiet) + BEAT_MS),
        limit: 1.5,
        smoke,
      }),
      beside('of that later than due', late(disturbed), named('undisturbed', late(quiet)), null),
    ];
    const notes = [
      `${knobs.plugins} plugins, ${knobs.starts} starts each; one spins, one leaks heap, one leaks buffers, one throws`,
    ];
    return { figures, notes };
  } finally {
    await processes.stopAll();
    await driver.close();
    await rm(folder, { recursive: true, force: true });
  }
}

const named = (name, value) => ({ name, value });
const late = (beats) => percentile(beats, 0.95);

/** An agent of its own, with the plugins of `files` installed and granted. */
async function newHost({ folder, processes, authority, driver }, agentId, files, isolation) {
  const home = join(folder, agentId);
  const credentials = join(home, 'credentials');
  await writeCredentials(authority, credentials, agentId, HMAC_KEY);
  const { file, args, env } = await installBundle(join(home, 'bundle'));
  const config = await writeConfig(home, { agentId, url: driver.url, pulseToken: randomUUID(), credentials, pushSeconds: 15 });
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('heartbeat_interval_seconds = 30', `heartbeat_interval_seconds = ${BEAT_MS / 1_000}`));
  for (const one of files) await appendFile(config, await install(join(home, 'state/plugins'), agentId, one, isolation));
  return {
    agentId,
    beats: () => driver.beatsOf(agentId),
    order: (command) => driver.order(agentId, HMAC_KEY, { command, withinMs: 60_000 }),
    async start() {
      driver.forget(agentId);
      const begun = performance.now();
      const agent = processes.start(file, [...args, ...runArguments(config)], { env });
      try {
        await driver.whenRegistered(agentId, 60_000);
      } catch (error) {
        throw new Error(`${error.message}; it said:\n${agent.lines.join('\n')}`, { cause: error });
      }
      const registeredMs = performance.now() - begun;
      return { begun, registeredMs, cpuMs: cpuMsOf(agent.pid), stop: () => agent.stop() };
    },
  };
}

/** As `plugins add` leaves it; gives its section. */
async function install(packages, agentId, { name, file }, isolation) {
  const staged = join(packages, name, 'staged');
  await mkdir(staged, { recursive: true, mode: 0o755 });
  await copyFile(file, join(staged, `${name}.mjs`));
  const facts = { name: `@bench/${name}`, version: '1.0.0', type: 'module', exports: `./${name}.mjs` };
  await writeFile(join(staged, 'package.json'), JSON.stringify(facts));
  const integrity = treeDigest(readTree(staged));
  await rename(staged, join(packages, name, integrity.replaceAll('/', '_').replaceAll('+', '-')));
  const record = {
    integrity,
    package: facts.name,
    version: facts.version,
    agentId,
    state: 'granted',
    at: '2026-01-01T00:00:00Z',
  };
  await writeFile(join(packages, name, 'grants.json'), JSON.stringify({ records: [record] }), { mode: 0o644 });
  return `
[plugins.${name}]
package = "${facts.name}"
integrity = "${integrity}"
isolation = "${isolation}"

[plugins.${name}.grants]
commands = "read"
`;
}

/** All at once, to the first answer of the last. */
async function startForked(files) {
  const begun = performance.now();
  const plugins = await Promise.all(files.map(forked));
  await Promise.all(plugins.map((plugin) => plugin.call()));
  const ms = performance.now() - begun;
  await Promise.all(plugins.map((plugin) => plugin.end()));
  return ms;
}

function offendersOf(files) {
  return OFFENCES.map((offence, at) => `${files[at].name}_${offence}`);
}

/** How much later than due each heartbeat came, while the commands of `offences` are ordered again as soon as they ended. */
async function heartbeats(side, watchMs, offences) {
  const agent = await side.start();
  await Promise.all(offences.map((command) => side.order(command.replace(/_.*$/u, '_echo'))));
  const seen = side.beats().length;
  const until = performance.now() + watchMs;
  const offend = async (command) => {
    while (performance.now() < until) {
      await side.order(command);
      await pause(100);
    }
  };
  const offending = offences.map(offend);
  await pause(watchMs);
  const beats = side.beats().slice(seen);
  await agent.stop();
  await Promise.race([Promise.all(offending), pause(1_000)]);
  return beats.slice(1).map((at, index) => Math.max(0, at - beats[index] - BEAT_MS));
}
