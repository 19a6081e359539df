import { afterEach, expect, test } from 'vitest';
import { createSystemClock } from '@stormpulse/services';
import { createPluginRunner } from '@stormpulse/services/isolation';
import type { PluginRunner } from '@stormpulse/services/isolation';
import { startRig } from '../kernel/agent-fixture.ts';
import type { Rig } from '../kernel/agent-fixture.ts';
import { CHILD_ENTRY, REPOSITORY } from './plugin-file.ts';

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const SLOW = new URL('../../../packages/services/test-support/slow-pattern-plugin.mjs', import.meta.url).href;
let runner: PluginRunner;
let rig: Rig;
afterEach(async () => {
  await rig.close();
  await runner.close();
});

test.each(['process', 'worker', 'none'] as const)(
  'SEC-113, SEC-114: in isolation "%s" a plugin with a pattern that backtracks is refused, and says what to write',
  async (isolation) => {
    runner = createPluginRunner({ clock: createSystemClock(), logger: () => quiet, childEntry: CHILD_ENTRY });
    const source = { name: 'slow', entry: SLOW, tree: REPOSITORY, config: {}, isolation };
    const load = async () => await runner.load(source);
    rig = await startRig({
      kernel: {
        plugins: [{ name: 'slow', load, config: {}, firstParty: false, grants: 'all', startup: 'disable' }],
      },
    });
    const [status] = rig.kernel.status.plugins;
    expect(status?.state).toBe('refused');
    for (const said of ['plugin "slow"', 'command "look"', 'parameter "town"', '"^([a-z]+ ?)+$"', 'start every round'])
      expect(status?.reason).toContain(said);
    expect(rig.kernel.status.commands).toEqual([]);
  },
);
