import { FaultHost } from './fault-host.ts';
import { Flow } from './flow.ts';
import { pause } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const AT_ONCE = 6;
const REGISTERED_MS = 20_000;
const SETTLED_MS = 30_000;

/** The link goes without a word, or the hub with all its links, and comes back. */
export const cutLink: Scenario = {
  name: 'cut-link',
  what: 'the link is cut, or the hub goes and comes back on its port, while commands run',
  rounds: 40,
  async run({ random, rounds }) {
    const host = await FaultHost.create({ acknowledges: () => !random.chance(0.2) });
    const flow = new Flow(host);
    const broken: string[] = [];
    let restarts = 0;
    try {
      host.start();
      let seen = 0;
      for (let round = 1; round <= rounds; round += 1) {
        if (!(await host.hub.registeredAfter(seen, REGISTERED_MS))) {
          broken.push(`round ${round}: the agent did not come back; it said: ${host.said.slice(-600)}`);
          break;
        }
        seen = host.hub.registrations;
        for (let count = 0; count < AT_ONCE; count += 1) flow.order(random.pick([0, 0.05, 0.3]));
        await pause(random.between(0, 200));
        if (random.chance(0.25)) {
          restarts += 1;
          await host.hub.stop();
          await pause(random.between(0, 300));
          await host.hub.start();
        } else host.hub.cut();
      }
      await host.hub.registeredAfter(seen, REGISTERED_MS);
      await flow.settle(SETTLED_MS);
      if (!host.isRunning) broken.push(`the agent ended; it said: ${host.said.slice(-600)}`);
      const verdict = flow.verdict();
      return {
        counts: { 'links cut': rounds - restarts, 'hub restarts': restarts, ...verdict.counts },
        broken: [...broken, ...verdict.broken],
      };
    } finally {
      await host.close();
    }
  },
};
