import { FaultHost } from './fault-host.ts';
import { Flow } from './flow.ts';
import { pause } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const AT_ONCE = 6;
const REPLAYS = 8;
const REGISTERED_MS = 20_000;
const SETTLED_MS = 30_000;

/** SIGKILL at a random moment, while commands flow and after the frames of before were sent once more. */
export const killedAgent: Scenario = {
  name: 'killed-agent',
  what: 'the agent is killed with SIGKILL at random points while commands flow, and older frames are sent again',
  rounds: 200,
  async run({ random, rounds, say }) {
    const host = await FaultHost.create({ acknowledges: () => !random.chance(0.2) });
    const flow = new Flow(host);
    const broken: string[] = [];
    try {
      for (let round = 1; round <= rounds; round += 1) {
        const before = host.hub.registrations;
        host.start();
        if (random.chance(0.1)) await pause(random.between(0, 600));
        else if (await host.hub.registeredAfter(before, REGISTERED_MS)) {
          const recent = [...flow.sent.values()].slice(-3 * AT_ONCE);
          for (let count = 0; count < REPLAYS && recent.length > 0; count += 1) flow.replay(random.pick(recent));
          for (let count = 0; count < AT_ONCE; count += 1) flow.order(random.pick([0, 0, 0.02, 0.2]));
          await pause(random.between(0, 250));
        } else broken.push(`round ${round}: the agent did not register; it said: ${host.said.slice(-600)}`);
        await host.end('SIGKILL');
        if (round % 50 === 0) say(`${round} of ${rounds} kills`);
      }
      host.start();
      await flow.settle(SETTLED_MS);
      await host.end('SIGTERM');
      const verdict = flow.verdict();
      const refused = host.hub.refusals.get('replayed_nonce') ?? 0;
      return {
        counts: { kills: rounds, ...verdict.counts, 'replays refused (as told)': refused },
        broken: [...broken, ...verdict.broken],
      };
    } finally {
      await host.close();
    }
  },
};
