// B1: what an enrolled agent costs a host that asks nothing of it, beside the least agent and a metrics exporter.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentEnvironment } from './agent-under-test.mjs';
import { startDriver } from './driver.mjs';
import { bundleFloor } from './floor-bundle.mjs';
import { cpuMsOf, memoryOf } from './footprint.mjs';
import { createAuthority, writeCredentials } from './pki.mjs';
import { createProcesses, lineOf } from './processes.mjs';
import { startEnrolledAgent, startHub } from './real-hub.mjs';
import { figure } from './report.mjs';
import { median, pause } from './sampling.mjs';

export const KNOBS = {
  settleMs: { full: 15_000, short: 3_000 },
  watchMs: { full: 30_000, short: 15_000 },
  sides: { full: 3, short: 3 },
};

const EXPORTER = '/usr/bin/prometheus-node-exporter';
const SCRAPE_MS = 15_000;
const START_APART_MS = 1_000;
const ANY_PORT = '127.0.0.1:0';

export async function run(knobs) {
  const folder = await mkdtemp(join(tmpdir(), 'stormpulse-bench-idle-'));
  const processes = createProcesses();
  const authority = await createAuthority();
  const driver = await startDriver(authority);
  const stop = new AbortController();
  try {
    const hub = await startHub(processes, join(folder, 'hub'));
    const agents = [];
    const floors = [];
    const exporters = [];
    // One after the other: a start on a busy processor leaves more behind than one alone, and programs that work at the same
    // moment find each other's code in the processor's caches, which they would not on a host of their own.
    for (let side = 1; side <= knobs.sides; side += 1) {
      agents.push(await startEnrolledAgent(processes, hub, join(folder, `agent-${side}`), `bench-${side}`));
      await pause(START_APART_MS);
      floors.push(await startFloor(processes, authority, driver, join(folder, `floor-${side}`), `floor-${side}`));
      await pause(START_APART_MS);
      if (existsSync(EXPORTER)) exporters.push(await startExporter(processes, stop.signal));
      await pause(START_APART_MS);
    }
    return report(await watch({ agents, floors, exporters }, knobs), knobs);
  } finally {
    stop.abort();
    await processes.stopAll();
    await driver.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function startFloor(processes, authority, driver, folder, agentId) {
  await writeCredentials(authority, folder, agentId, 'unused');
  const script = join(folder, 'agent.mjs');
  await bundleFloor('agent', script);
  const floor = processes.start(process.execPath, [script, driver.url, folder, agentId], { env: agentEnvironment(folder) });
  await driver.whenRegistered(agentId);
  return floor;
}

/** The exporter on a free port, scraped every 15 s. */
async function startExporter(processes, signal) {
  const said = /msg="Listening on" address=(127\.0\.0\.1:\d+)/;
  const { process: exporter, match } = await lineOf(processes, EXPORTER, [`--web.listen-address=${ANY_PORT}`], said);
  const scrape = async () => {
    const response = await fetch(`http://${match[1]}/metrics`);
    await response.text();
  };
  await scrape();
  const timer = setInterval(() => void scrape().catch(() => exporter.stop()), SCRAPE_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
  return exporter;
}

/** All run side by side, so that every figure and its yardstick come from the same seconds. */
async function watch(groups, { settleMs, watchMs }) {
  const everyone = Object.values(groups).flat();
  const gone = Promise.race(everyone.map((one) => once(one.child, 'exit').then(() => Promise.reject(endedEarly(one)))));
  await Promise.race([pause(settleMs), gone]);
  const before = new Map(everyone.map((one) => [one, cpuMsOf(one.pid)]));
  await Promise.race([pause(watchMs), gone]);
  const read = (one) => ({ ...memoryOf(one.pid), cpu: ((cpuMsOf(one.pid) - before.get(one)) / watchMs) * 100 });
  const readings = Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, group.map(read)]));
  assertConnected(groups.agents);
  return readings;
}

function endedEarly(one) {
  return new Error(`a process under measurement ended; it said:\n${one.lines.join('\n')}`);
}

/** An agent that waits for its hub is cheap for the wrong reason. */
function assertConnected(agents) {
  for (const agent of agents) {
    if (agent.lines.some((line) => line.includes('E_CONN_')))
      throw new Error(`an agent was not connected; it said:\n${agent.lines.join('\n')}`);
  }
}

function report({ agents, floors, exporters }, { smoke, settleMs, watchMs, sides }) {
  const middle = (group, field) => median(group.map((one) => one[field]));
  const beside = (field) => ({ name: 'floor agent', value: middle(floors, field) });
  const memory = (name, field, limit) =>
    figure(name, middle(agents, field), 'MB', { better: 'lower', yardstick: beside(field), limit, smoke });
  const exporter = exporters.length === 0 ? null : { name: 'node_exporter scraped at 15 s', value: middle(exporters, 'cpu') };
  const cpu = middle(agents, 'cpu');
  const figures = [
    memory('private memory (Private_Dirty)', 'privateDirty', 1.6),
    memory('RSS less Private_Clean', 'resident', 1.25),
    memory('RSS', 'rss', null),
    figure('CPU', cpu, '%', { better: 'lower', yardstick: exporter, limit: exporter === null || smoke ? null : 0.5, smoke }),
    figure('CPU beside the floor', cpu, '%', { better: 'lower', yardstick: beside('cpu') }),
  ];
  const notes = [`${sides} of each side by side; settled ${settleMs / 1_000} s, watched ${watchMs / 1_000} s; medians`];
  const each = (group) => group.map((one) => one.privateDirty.toFixed(1)).join(', ');
  notes.push(`private memory of each: agents ${each(agents)} MB; floors ${each(floors)} MB`);
  if (exporter === null)
    notes.push(`${EXPORTER} is not installed, so CPU has no limit: apt-get install prometheus-node-exporter`);
  return { figures, notes };
}
