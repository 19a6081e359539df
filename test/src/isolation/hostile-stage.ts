// A program: an agent in memory with every hostile plugin and a good one, ordered about by the test that started it.
import { createSystemClock } from '@stormpulse/services';
import { createPluginRunner, isOfPlugin } from '@stormpulse/services/isolation';
import type { IsolationLimits } from '@stormpulse/services/isolation';
import { createMemoryLogger } from '@stormpulse/testing';
import type { LoggedLine } from '@stormpulse/testing';
import { startRig } from '../kernel/agent-fixture.ts';
import { memoryServices } from './memory-services.ts';
import { CHILD_ENTRY, REPOSITORY, pluginFile } from './plugin-file.ts';

/** What the test asks for. */
export type StageRequest =
  | { readonly id: number; readonly order: string }
  | { readonly id: number; readonly look: true }
  | { readonly id: number; readonly close: true };

/** What it sees from inside. */
export interface StageLook {
  readonly plugins: readonly { readonly name: string; readonly state: string; readonly reason?: string }[];
  readonly log: readonly LoggedLine[];
  readonly polluted: string;
  readonly heartbeats: number;
}

const TICK_MS = 100;

export async function runStage(): Promise<void> {
  const given = JSON.parse(process.argv[2] ?? '{}') as {
    readonly isolation: 'process' | 'worker' | 'none';
    readonly plugins: readonly string[];
    readonly config: object;
    readonly limits: Partial<IsolationLimits>;
  };
  const lines: LoggedLine[] = [];
  for (const event of ['unhandledRejection', 'uncaughtException'])
    process.on(event, (error: unknown) => {
      if (!isOfPlugin(error)) throw error;
    });
  const logger = createMemoryLogger(lines);
  const runner = createPluginRunner({ clock: createSystemClock(), logger, childEntry: CHILD_ENTRY, limits: given.limits });
  const { isolation } = given;
  const config = { ...given.config, agentPid: process.pid };
  const plugins = given.plugins.map((name) => ({
    name,
    config,
    load: async () => await runner.load({ name, entry: pluginFile(`hostile/${name}`), tree: REPOSITORY, config, isolation }),
    firstParty: false,
    grants: 'all' as const,
    startup: 'disable' as const,
  }));
  const rig = await startRig({ services: memoryServices().factory, kernel: { plugins } });
  // The agent's clock goes with the wall's, so that its timeouts and heartbeats come.
  let advancing = Promise.resolve();
  const timer = setInterval(() => {
    advancing = advancing.then(async () => await rig.clock.advance(TICK_MS));
  }, TICK_MS);
  const results = new Map<string, (result: unknown) => void>();
  const answer = async (request: StageRequest): Promise<unknown> => {
    if ('order' in request) {
      const id = `r${request.id}`;
      const result = new Promise((resolve) => results.set(id, resolve));
      rig.link.deliver(rig.request(request.order, {}, { id }));
      return await result;
    }
    if ('look' in request) {
      const polluted = String(({} as { polluted?: unknown }).polluted);
      const heartbeats = rig.sent('heartbeat').length;
      return { plugins: rig.kernel.status.plugins, log: [...rig.log, ...lines], polluted, heartbeats } satisfies StageLook;
    }
    clearInterval(timer);
    await advancing;
    await rig.close();
    await runner.close();
    setImmediate(() => process.disconnect());
    return 'closed';
  };
  const look = setInterval(() => {
    for (const result of rig.sent('command.result')) {
      const id = String(result['request_id']);
      results.get(id)?.(result);
      results.delete(id);
    }
  }, 10);
  process.once('disconnect', () => clearInterval(look));
  process.on('message', (request: StageRequest) => {
    void answer(request).then((value) => process.send?.({ id: request.id, value }));
  });
  process.send?.({ id: 0, value: 'ready' });
}

if (process.send !== undefined && process.argv[1]?.endsWith('hostile-stage.js') === true) await runStage();
