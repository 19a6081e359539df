// The docker plugin beside the bare API calls it makes, what it costs an idle host, and a storm of events.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { definitionOf, parseConfig, recordSetup } from '@stormpulse/plugin-api/internal';
import { createEventLog, createPluginServices, createSystemClock } from '@stormpulse/services';
import docker from '../plugins/docker/dist/index.js';
import { OwnEngine } from '../test/dist/real/own-engine.js';
import { bareCalls } from './docker/bare-calls.mjs';
import { startScriptedEngine } from './docker/scripted-engine.mjs';
import { cpuMsOf } from './footprint.mjs';
import { signIn } from './hub-person.mjs';
import { createProcesses } from './processes.mjs';
import { startEnrolledAgent, startHub } from './real-hub.mjs';
import { figure } from './report.mjs';
import { median, pause } from './sampling.mjs';

export const KNOBS = {
  containers: { full: 200, short: 40 },
  running: { full: 50, short: 10 },
  rounds: { full: 15, short: 5 },
  settleMs: { full: 15_000, short: 3_000 },
  watchMs: { full: 300_000, short: 5_000 },
  stormSeconds: { full: 20, short: 3 },
};

const PER_SECOND = 100;
const WITHIN_MS = 30_000;

export async function run(knobs) {
  const folder = await mkdtemp(join(tmpdir(), 'stormpulse-bench-docker-'));
  const processes = createProcesses();
  const engine = await OwnEngine.start();
  try {
    const bare = bareCalls(engine.socket);
    await fill(bare, engine.image, knobs);
    const refreshes = await refreshFigures(engine.socket, bare, knobs);
    const hub = await startHub(processes, join(folder, 'hub'));
    const idle = await idleFigure({ processes, hub, folder }, engine.host, knobs);
    const storm = await stormFigures({ processes, hub, folder }, knobs);
    return {
      figures: [...refreshes, idle, ...storm],
      notes: [`${knobs.containers} containers, ${knobs.running} of them running`],
    };
  } finally {
    await processes.stopAll();
    await engine.remove();
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(bare, image, { containers, running }) {
  const body = { Image: image, Cmd: ['/bin/sleep', '100000'], HostConfig: { NetworkMode: 'none' } };
  for (let at = 0; at < containers; at += 1) {
    const { Id } = await bare.ask(`/v1.41/containers/create?name=c${at}`, { method: 'POST', body });
    if (at < running) await bare.ask(`/v1.41/containers/${Id}/start`, { method: 'POST' });
  }
}

/** The collectors as the agent runs them, over its own HTTP and schemas, in turns with the bare calls. */
async function refreshFigures(socket, bare, { rounds, smoke }) {
  const collect = collectorsOf(`unix:${socket}`);
  const { containers } = await collect('containers');
  const ids = containers.filter(({ state }) => state === 'running').map(({ id }) => id);
  const sides = {
    containers: [() => collect('containers'), () => bare.containers()],
    usage: [() => collect('usage'), () => bare.usage(ids)],
  };
  const figures = [];
  for (const [name, [ours, yardstick]] of Object.entries(sides)) {
    const took = { ours: [], yardstick: [] };
    for (let round = 0; round < rounds; round += 1) {
      took.ours.push(await timed(ours));
      took.yardstick.push(await timed(yardstick));
    }
    const beside = { name: 'bare calls', value: median(took.yardstick) };
    figures.push(
      figure(`refresh of ${name}`, median(took.ours), 'ms', { better: 'lower', yardstick: beside, limit: 1.3, smoke }),
    );
  }
  return figures;
}

function collectorsOf(origin) {
  const clock = createSystemClock();
  const { signal } = new AbortController();
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const definition = definitionOf(docker);
  const config = parseConfig(definition.configSchema, { docker: { host: origin } });
  const services = createPluginServices({ clock, random: Math.random, events: createEventLog({ clock, newId: String }) });
  const owner = {
    name: 'docker',
    firstParty: true,
    capabilities: definition.capabilities(config),
    logger: quiet,
    signal,
    onHealth() {},
  };
  const { http } = services.open(owner);
  const collector = () => ({ refresh: () => Promise.resolve(), changed() {} });
  const live = { http, logger: quiet, signal, collector, exec() {}, defer() {}, ok() {}, degraded() {} };
  const { collectors } = recordSetup(definition, config, live);
  const byId = new Map(collectors.map((one) => [one.id, one]));
  return (id) => byId.get(id).collect({ signal, previous: undefined, only: undefined });
}

async function timed(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Two agents side by side, one with `[docker]`: what the other does not use. */
async function idleFigure({ processes, hub, folder }, host, { settleMs, watchMs, smoke }) {
  const table = `[docker]\nhost = "${host}"\n`;
  const plain = await startEnrolledAgent(processes, hub, join(folder, 'plain'), 'plain');
  const watching = await startEnrolledAgent(processes, hub, join(folder, 'watching'), 'watching', table);
  await pause(settleMs);
  const before = [plain, watching].map(({ pid }) => cpuMsOf(pid));
  await pause(watchMs);
  const [alone, both] = [plain, watching].map(({ pid }, at) => cpuMsOf(pid) - before[at]);
  await Promise.all([plain.stop(), watching.stop()]);
  const percent = (Math.max(0, both - alone) / watchMs) * 100;
  return figure('idle CPU of the plugin', percent, '% of a core', { better: 'lower', limit: 0.1, smoke });
}

async function stormFigures({ processes, hub, folder }, { stormSeconds, settleMs, smoke }) {
  const socket = join(folder, 'scripted.sock');
  const engine = await startScriptedEngine(socket);
  const person = await signIn(hub.setupLink);
  try {
    const agent = await startEnrolledAgent(
      processes,
      hub,
      join(folder, 'storm'),
      'storm',
      `[docker]\nhost = "unix://${socket}"\n`,
    );
    await until(() => engine.isHeard, 'the agent listens to the engine');
    await pause(settleMs);
    const before = cpuMsOf(agent.pid);
    const running = await engine.storm(PER_SECOND, stormSeconds);
    const percent = ((cpuMsOf(agent.pid) - before) / (stormSeconds * 1_000)) * 100;
    const begun = performance.now();
    await until(async () => (await stateAt(person)) === running, 'the hub has the final state');
    const seconds = (performance.now() - begun) / 1_000;
    return [
      figure(`CPU in a storm of ${PER_SECOND} starts and stops a second`, percent, '% of a core', {
        better: 'lower',
        limit: 20,
        smoke,
      }),
      figure('final state at the hub after the storm', seconds, 's', { better: 'lower' }),
    ];
  } finally {
    person.close();
    await engine.close();
  }
}

async function stateAt(person) {
  const { items } = await person.get('/agents/storm/plugins');
  return items.find(({ name }) => name === 'docker')?.state?.containers?.running;
}

async function until(holds, what) {
  const deadline = performance.now() + WITHIN_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited ${WITHIN_MS} ms until ${what}`);
    await pause(50);
  }
}
