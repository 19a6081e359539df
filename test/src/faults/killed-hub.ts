import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HubPerson } from '../e2e/hub-person.ts';
import { hostFile, writeMarker } from './marking-host.ts';
import { RealHub } from './real-hub.ts';
import { pause } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const AGENT = join(import.meta.dirname, '../../../packages/agent/bundle/main.js');
const AGENT_ID = 'kept';
const AT_ONCE = 4;
const BACK_MS = 20_000;
const SETTLED_MS = 40_000;
const ENDED = new Set(['succeeded', 'failed', 'refused', 'unknown', 'cancelled', 'interrupted', 'expired']);

/** The real hub, killed with SIGKILL while commands are ordered and answered, comes back with its state. */
export const killedHub: Scenario = {
  name: 'killed-hub',
  what: 'the hub is killed with SIGKILL while commands run, and started again on its state',
  rounds: 12,
  async run({ random, rounds }) {
    const folder = mkdtempSync(join(tmpdir(), 'faults-hub-'));
    mkdirSync(join(folder, 'hub'), { mode: 0o700 });
    const hub = new RealHub(join(folder, 'hub'));
    const broken: string[] = [];
    const runs = new Map<string, string>();
    let refusedOrders = 0;
    await hub.start();
    const person = await hub.signIn();
    const agent = await startAgent(folder, hub);
    const marks = (): string[] =>
      readFileSync(join(folder, 'marks'), 'utf8')
        .split('\n')
        .filter((line) => line !== '');
    try {
      if (!(await untilOneRuns(person, BACK_MS))) throw new Error(`no command ran at first; the agent said: ${agent.said()}`);
      for (let round = 1; round <= rounds; round += 1) {
        for (let count = 0; count < AT_ONCE; count += 1) {
          const label = `h${round}-${count}`;
          try {
            const order = await person.order(AGENT_ID, 'mark', { label, seconds: random.pick(['0', '0.1', '0.4']) });
            runs.set(label, order.id);
          } catch {
            // The agent is not back yet: the hub refuses, and nothing was sent.
            refusedOrders += 1;
          }
        }
        await pause(random.between(0, 300));
        await hub.end('SIGKILL');
        await pause(random.between(0, 200));
        await hub.start();
        if (!(await untilOneRuns(person, BACK_MS))) broken.push(`round ${round}: no command ran after the hub came back`);
      }
      const states = await settled(person, runs);
      const counts = new Map<string, number>();
      for (const label of marks()) counts.set(label, (counts.get(label) ?? 0) + 1);
      const twice = [...counts].filter(([, times]) => times > 1);
      const lost = [...runs.keys()].filter((label) => counts.has(label) && states.get(label) !== 'succeeded');
      const untrue = [...runs.keys()].filter((label) => !counts.has(label) && states.get(label) === 'succeeded');
      broken.push(
        ...twice.map(([label, times]) => `${label} ran ${times} times`),
        ...lost.map((label) => `${label} ran, and the hub calls it ${states.get(label)}`),
        ...untrue.map((label) => `${label} is called a success and left no mark`),
      );
      return {
        counts: {
          'hub kills': rounds,
          'orders taken': runs.size,
          'orders refused': refusedOrders,
          'commands that ran': counts.size,
          'run twice': twice.length,
          'results lost': lost.length,
          'outcomes unknown': [...states.values()].filter((state) => state === 'unknown').length,
        },
        broken,
      };
    } finally {
      await agent.end();
      await hub.end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

let warmUps = 0;

/** Orders until one has succeeded: the agent is back, and its store's floor is behind. */
async function untilOneRuns(person: HubPerson, ms: number): Promise<boolean> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    try {
      warmUps += 1;
      const { id } = await person.order(AGENT_ID, 'mark', { label: `w${warmUps}`, seconds: '0' });
      for (let look = 0; look < 40; look += 1) {
        const { state } = await person.run(id);
        if (state === 'succeeded') return true;
        if (ENDED.has(state)) break;
        await pause(50);
      }
    } catch {
      // No agent, or no hub, for the moment.
    }
    await pause(100);
  }
  return false;
}

async function settled(person: HubPerson, runs: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, string>> {
  const until = performance.now() + SETTLED_MS;
  for (;;) {
    const states = new Map<string, string>();
    for (const [label, id] of runs) states.set(label, (await person.run(id)).state);
    if ([...states.values()].every((state) => ENDED.has(state)) || performance.now() > until) return states;
    await pause(500);
  }
}

async function startAgent(
  folder: string,
  hub: RealHub,
): Promise<{ readonly said: () => string; readonly end: () => Promise<void> }> {
  const path = (name: string): string => join(folder, name);
  const root = process.geteuid?.() === 0 ? ['--allow-root'] : [];
  const env = { PATH: '/usr/bin:/bin', HOME: folder };
  const { endpoint, token, pulseToken } = await hub.token(AGENT_ID);
  const enroll = spawn(process.execPath, [AGENT, 'enroll', endpoint, AGENT_ID, token, '--creds-dir', path('credentials')], {
    env,
    stdio: 'ignore',
  });
  await once(enroll, 'close');
  writeMarker(folder);
  writeFileSync(
    path('stormpulse.toml'),
    hostFile({
      folder,
      credentials: path('credentials'),
      database: path('stormpulse.db'),
      agentId: AGENT_ID,
      pulseToken,
      hub: hub.agentsAddress,
    }),
    { mode: 0o600 },
  );
  const agent = spawn(process.execPath, ['--disable-proto=throw', AGENT, 'run', path('stormpulse.toml'), ...root], { env });
  let said = '';
  for (const stream of [agent.stdout, agent.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2_000);
    });
  }
  return {
    said: () => said,
    async end() {
      if (agent.exitCode !== null || agent.signalCode !== null) return;
      const gone = once(agent, 'close');
      agent.kill('SIGTERM');
      await gone;
    },
  };
}
