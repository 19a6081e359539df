// B4, floor part: a signed `echo` from the hub's side to the agent and back, beside the least code that does it; and how soon the
// hub has what a running command writes.
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentEnvironment, installBundle, runArguments, writeConfig } from './agent-under-test.mjs';
import { startDriver } from './driver.mjs';
import { bundleFloor } from './floor-bundle.mjs';
import { createAuthority, writeCredentials } from './pki.mjs';
import { createProcesses } from './processes.mjs';
import { figure } from './report.mjs';
import { median, pause, percentile } from './sampling.mjs';
import { openSyncProbe } from './verify/disk.mjs';

export const KNOBS = {
  commands: { full: 500, short: 150 },
  block: { full: 50, short: 50 },
  warmUp: { full: 1_500, short: 20 },
  stamps: { full: 30, short: 10 },
  repeats: { full: 5, short: 3 },
};

const AGENT = 'bench-agent';
const FLOOR = 'bench-floor';
/** An agent that tells what a command writes while it runs. */
const LIVE = 'bench-live';
const ALL = [AGENT, FLOOR, LIVE];
/** A new nonce store takes commands dated 5 s after it was made, and no earlier ones. */
const FLOOR_MS = 6_000;
/** Readings of the disk's own fsync after each pair of blocks. */
const SYNCS = 5;

export async function run(knobs) {
  const folder = await mkdtemp(join(tmpdir(), 'stormpulse-bench-roundtrip-'));
  const processes = createProcesses();
  const authority = await createAuthority();
  const driver = await startDriver(authority, { live: [LIVE] });
  const hmacKey = Buffer.from(randomBytes(32).toString('hex'));
  try {
    const agents = [
      await startAgent({ processes, authority, driver, hmacKey, folder: join(folder, AGENT) }, AGENT),
      await startFloor({ processes, authority, driver, hmacKey, folder: join(folder, FLOOR) }),
      await startAgent({ processes, authority, driver, hmacKey, folder: join(folder, LIVE) }, LIVE),
    ];
    await Promise.all(ALL.map((agentId, index) => explain(driver.whenRegistered(agentId), agents[index])));
    await pause(FLOOR_MS);
    const times = await measure((agentId, text) => driver.echo(agentId, hmacKey, text), join(folder, 'probe'), knobs);
    const firstBytes = [];
    for (let index = 0; index < knobs.stamps; index += 1) firstBytes.push(await driver.firstByte(LIVE, hmacKey));
    return report(times, firstBytes, knobs);
  } finally {
    await processes.stopAll();
    await driver.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function startAgent({ processes, authority, driver, hmacKey, folder }, agentId) {
  const credentials = join(folder, 'credentials');
  await writeCredentials(authority, credentials, agentId, hmacKey);
  const { file, args, env } = await installBundle(join(folder, 'bundle'));
  const config = await writeConfig(folder, { agentId, url: driver.url, pulseToken: randomUUID(), credentials });
  return processes.start(file, [...args, ...runArguments(config)], { env });
}

async function startFloor({ processes, authority, driver, hmacKey, folder }) {
  await writeCredentials(authority, folder, FLOOR, hmacKey);
  const script = join(folder, 'roundtrip-agent.mjs');
  await bundleFloor('roundtrip-agent', script);
  return processes.start(process.execPath, [script, driver.url, folder, FLOOR], { env: agentEnvironment(folder) });
}

/** An agent that does not come up says why on its own output. */
async function explain(registered, agent) {
  const ended = once(agent.child, 'exit').then(([code]) => Promise.reject(new Error(`an agent ended with ${code}`)));
  try {
    await Promise.race([registered, ended]);
  } catch (error) {
    throw new Error(`${error.message}; it said:\n${agent.lines.join('\n')}`, { cause: error });
  }
}

/** Blocks of the agents take turns. One list of latencies a repeat and agent, and the disk's own. */
async function measure(echo, probePath, { commands, block, warmUp, repeats }) {
  const times = { [AGENT]: [], [FLOOR]: [], [LIVE]: [], disk: [] };
  const probe = openSyncProbe(probePath);
  for (const agentId of ALL) await many(echo, agentId, warmUp);
  for (let round = 0; round < repeats; round += 1) {
    const here = { [AGENT]: [], [FLOOR]: [], [LIVE]: [] };
    for (let done = 0; done < commands; done += block) {
      for (const agentId of ALL) here[agentId].push(...(await many(echo, agentId, Math.min(block, commands - done))));
      for (let sync = 0; sync < SYNCS; sync += 1) times.disk.push(probe.run(1));
    }
    for (const agentId of ALL) times[agentId].push(here[agentId]);
  }
  probe.close();
  return times;
}

async function many(echo, agentId, count) {
  const latencies = [];
  for (let index = 0; index < count; index += 1) latencies.push(await echo(agentId, `hello ${index}`));
  return latencies;
}

function report(times, firstBytes, { smoke, commands, repeats }) {
  const middle = (agentId, share) => median(times[agentId].map((latencies) => percentile(latencies, share)));
  const figures = [
    { name: 'signed echo, p50', agentId: AGENT, share: 0.5, limit: 1.3 },
    { name: 'signed echo, p99', agentId: AGENT, share: 0.99, limit: 1.5 },
    { name: 'with live output, p50', agentId: LIVE, share: 0.5, limit: null },
  ].map(({ name, agentId, share, limit }) => {
    const yardstick = { name: 'bare spawn over the same socket', value: middle(FLOOR, share) };
    return figure(name, middle(agentId, share), 'ms', { better: 'lower', yardstick, limit, smoke });
  });
  const first = percentile(firstBytes, 0.5);
  figures.push(figure('first output byte of a command, p50', first, 'ms', { better: 'lower', limit: 10, smoke }));
  figures.push(figure('write + fsync of 4 KB, p50', percentile(times.disk, 0.5), 'ms', { better: 'lower' }));
  figures.push(figure('write + fsync of 4 KB, p99', percentile(times.disk, 0.99), 'ms', { better: 'lower' }));
  return { figures, notes: [`${repeats} repeats of ${commands} commands for each, in turns; medians of the repeats`] };
}
