// B4: a signed `echo` from the hub's side to the agent and back, beside the least code that does it; how soon the hub has what a
// running command writes; and the whole way through the hub's API, beside MeshCentral's.
import { join } from 'node:path';
import { openApiSides, sideOfAgent } from './echo-sides.mjs';
import { figure } from './report.mjs';
import { median, percentile } from './sampling.mjs';
import { openStage } from './stage.mjs';
import { openSyncProbe } from './verify/disk.mjs';

export const KNOBS = {
  commands: { full: 500, short: 150 },
  block: { full: 50, short: 50 },
  warmUp: { full: 1_500, short: 20 },
  apiWarmUp: { full: 300, short: 20 },
  stamps: { full: 30, short: 10 },
  repeats: { full: 5, short: 3 },
};

const AGENT = 'bench-agent';
const FLOOR = 'bench-floor';
/** An agent that tells what a command writes while it runs. */
const LIVE = 'bench-live';
/** Readings of the disk's own fsync after each turn of blocks. */
const SYNCS = 5;
/** Nonce with acceptance, audit line, result: on disk before the command starts, or its answer leaves. */
const SYNCS_OF_A_COMMAND = 3;
const ANSWER_MS = 15_000;

export async function run(knobs) {
  const stage = await openStage('roundtrip', { live: [LIVE] });
  let api;
  try {
    await stage.startAgent(AGENT);
    await stage.startFloor(FLOOR);
    await stage.startAgent(LIVE);
    if (knobs.meshcentral) api = await openApiSides(stage);
    await stage.whenReady();
    const [agent, floor, live] = [AGENT, FLOOR, LIVE].map((agentId) => sideOfAgent(stage, agentId));
    const sides = { agent, floor, live, ...(api && { hub: api.ours, mesh: api.theirs }) };
    const times = await measure(sides, stage, knobs);
    const firstBytes = [];
    for (let index = 0; index < knobs.stamps; index += 1) firstBytes.push(await firstByte(stage));
    return report(times, firstBytes, knobs);
  } finally {
    api?.close();
    await stage.close();
  }
}

/** Blocks of the sides take turns. One list of latencies a repeat and side, and the disk's own. */
async function measure(sides, stage, { commands, block, warmUp, apiWarmUp, repeats }) {
  const names = Object.keys(sides);
  const times = { ...Object.fromEntries(names.map((name) => [name, []])), disk: [] };
  const probe = openSyncProbe(join(stage.folder, 'probe'));
  for (const name of names) await many(sides[name], stage, name === 'hub' || name === 'mesh' ? apiWarmUp : warmUp);
  for (let round = 0; round < repeats; round += 1) {
    const here = Object.fromEntries(names.map((name) => [name, []]));
    for (let done = 0; done < commands; done += block) {
      for (const name of names) here[name].push(...(await many(sides[name], stage, Math.min(block, commands - done))));
      for (let sync = 0; sync < SYNCS; sync += 1) times.disk.push(probe.run(1));
    }
    for (const name of names) times[name].push(here[name]);
  }
  probe.close();
  return times;
}

/** Milliseconds of each of `count` commands, one after the other. Throws when the output is not the text sent. */
async function many(side, stage, count) {
  const latencies = [];
  for (let index = 0; index < count; index += 1) {
    const sent = `hello ${index}`;
    const { text, elapsed } = await side.echo(sent, ANSWER_MS);
    if (text !== `${sent}\n`) {
      throw new Error(`${side.name} answered ${JSON.stringify(text)}; refused: ${JSON.stringify(stage.driver.refusals)}`);
    }
    latencies.push(elapsed);
  }
  return latencies;
}

/** Milliseconds from the moment a command wrote its first byte, which it names, until that byte is here. */
async function firstByte(stage) {
  const { result, output } = await stage.order(LIVE, 'stamp');
  if (output.firstAt() === undefined) throw new Error(`${LIVE} told no output before ${JSON.stringify(result)}`);
  return Number(output.firstAt() - BigInt(output.told.stdout.trim())) / 1e6;
}

function report(times, firstBytes, { smoke, commands, repeats }) {
  const middle = (side, share) => median(times[side].map((latencies) => percentile(latencies, share)));
  const beside = (yardstick, side) => (name, own, share, limit) =>
    figure(name, middle(own, share), 'ms', {
      better: 'lower',
      yardstick: { name: yardstick, value: middle(side, share) },
      limit,
      smoke,
    });
  const besideFloor = beside('bare spawn over the same socket', 'floor');
  const figures = [
    besideFloor('signed echo, p50', 'agent', 0.5, 1.3),
    besideFloor('signed echo, p99', 'agent', 0.99, 1.5),
    besideFloor('with live output, p50', 'live', 0.5, null),
    figure('signed echo less its fsyncs, p50', middle('agent', 0.5) - SYNCS_OF_A_COMMAND * percentile(times.disk, 0.5), 'ms', {
      better: 'lower',
      yardstick: { name: 'bare spawn over the same socket', value: middle('floor', 0.5) },
    }),
  ];
  const first = percentile(firstBytes, 0.5);
  figures.push(figure('first output byte of a command, p50', first, 'ms', { better: 'lower', limit: 10, smoke }));
  if ('mesh' in times) {
    const besideMesh = beside('MeshCentral, its API and agent', 'mesh');
    figures.push(
      besideMesh("through the hub's API, live output, p50", 'hub', 0.5, 1.1),
      besideMesh("through the hub's API, live output, p99", 'hub', 0.99, 0.4),
      besideMesh('live output, without the hub, p50', 'live', 0.5, null),
      besideMesh('live output, without the hub, p99', 'live', 0.99, null),
    );
  }
  figures.push(figure('write + fsync of 4 KB, p50', percentile(times.disk, 0.5), 'ms', { better: 'lower' }));
  figures.push(figure('write + fsync of 4 KB, p99', percentile(times.disk, 0.99), 'ms', { better: 'lower' }));
  return { figures, notes: [`${repeats} repeats of ${commands} commands for each, in turns; medians of the repeats`] };
}
