// What one `echo` command costs the agent, in counts that do not depend on how busy the machine is, beside the least code that does it.
import { readFileSync } from 'node:fs';
import { cpuMsOf } from './footprint.mjs';
import { figure } from './report.mjs';
import { openStage } from './stage.mjs';

export const KNOBS = {
  warmUp: { full: 1_000, short: 100 },
  commands: { full: 1_000, short: 200 },
};

const AGENT = 'bench-agent';
const FLOOR = 'bench-floor';
/** Of a line that V8 writes for each collection: megabytes before and after. */
const COLLECTION = /: (?:Scavenge|Mark-Compact)[^:]*? ([\d.]+) \([\d.]+\) -> ([\d.]+) \([\d.]+\) MB/;
const KB_PER_MB = 1_024;

export async function run(knobs) {
  const stage = await openStage('cost');
  try {
    const [agent, floor] = [newHeap(), newHeap()];
    const sides = {
      agent: { id: AGENT, heap: agent, process: await stage.startAgent(AGENT, traced(agent)) },
      floor: { id: FLOOR, heap: floor, process: await stage.startFloor(FLOOR, traced(floor)) },
    };
    await stage.whenReady();
    return report(await costOf(stage, sides.agent, knobs), await costOf(stage, sides.floor, knobs), knobs);
  } finally {
    await stage.close();
  }
}

function traced(heap) {
  return { flags: ['--trace-gc'], onLine: heap.take };
}

/** Megabytes that were allocated in V8's heap, by its own trace of collections. */
function newHeap() {
  let after = 0;
  let allocated = 0;
  return {
    take(line) {
      const [, before, left] = COLLECTION.exec(line) ?? [];
      if (before === undefined) return;
      allocated += Number(before) - after;
      after = Number(left);
    },
    get allocatedMb() {
      return allocated;
    },
  };
}

async function costOf(stage, { id, heap, process: { pid } }, { warmUp, commands }) {
  await many(stage, id, warmUp);
  const before = countsOf(pid, heap);
  await many(stage, id, commands);
  const after = countsOf(pid, heap);
  return Object.fromEntries(Object.keys(after).map((name) => [name, (after[name] - before[name]) / commands]));
}

async function many(stage, agentId, count) {
  for (let index = 0; index < count; index += 1) {
    const { result } = await stage.order(agentId, 'echo', { text: `hello ${index}` });
    if (result?.stdout !== `hello ${index}\n`) throw new Error(`${agentId} answered ${JSON.stringify(result)}`);
  }
}

function countsOf(pid, heap) {
  const [, , , , , , , faults] = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  const io = readFileSync(`/proc/${pid}/io`, 'latin1');
  const field = (name) => Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(io)[1]);
  return {
    faults: Number(faults),
    heapKb: heap.allocatedMb * KB_PER_MB,
    reads: field('syscr'),
    writes: field('syscw'),
    writtenKb: field('wchar') / 1_024,
    cpuMs: cpuMsOf(pid),
  };
}

function report(agent, floor, { commands }) {
  const beside = (name, key, unit) =>
    figure(name, agent[key], unit, {
      better: 'lower',
      yardstick: { name: 'bare spawn over the same socket', value: floor[key] },
    });
  return {
    figures: [
      beside('minor page faults a command', 'faults', ''),
      beside("allocated in V8's heap a command", 'heapKb', 'KB'),
      beside('read calls a command', 'reads', ''),
      beside('write calls a command', 'writes', ''),
      beside('written a command', 'writtenKb', 'KB'),
      beside('CPU a command', 'cpuMs', 'ms'),
    ],
    notes: [`${commands} commands each; counts of the process itself, its children apart`],
  };
}
