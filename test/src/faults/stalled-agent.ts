import { FaultHost } from './fault-host.ts';
import { Flow } from './flow.ts';
import { pause } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const AT_ONCE = 4;
const REGISTERED_MS = 20_000;
const SETTLED_MS = 30_000;

/** The agent is held with SIGSTOP while commands arrive, sometimes until its hub gave it up. */
export const stalledAgent: Scenario = {
  name: 'stalled-agent',
  what: 'the agent is stopped with SIGSTOP while commands arrive, sometimes its link is cut meanwhile, then goes on',
  rounds: 15,
  async run({ random, rounds }) {
    const host = await FaultHost.create();
    const flow = new Flow(host);
    const broken: string[] = [];
    try {
      host.start();
      let seen = 0;
      for (let round = 1; round <= rounds; round += 1) {
        if (!(await host.hub.registeredAfter(seen, REGISTERED_MS))) {
          broken.push(`round ${round}: the agent did not come back; it said: ${host.said.slice(-600)}`);
          break;
        }
        for (let count = 0; count < AT_ONCE; count += 1) flow.order(random.pick([0, 0.1]));
        await pause(random.between(0, 50));
        process.kill(host.agentPid, 'SIGSTOP');
        for (let count = 0; count < AT_ONCE; count += 1) flow.order(random.pick([0, 0.1]));
        await pause(random.between(50, 400));
        if (random.chance(0.5)) {
          seen = host.hub.registrations;
          host.hub.cut();
        }
        process.kill(host.agentPid, 'SIGCONT');
      }
      await flow.settle(SETTLED_MS);
      if (!host.isRunning) broken.push(`the agent ended; it said: ${host.said.slice(-600)}`);
      const verdict = flow.verdict();
      return { counts: { stops: rounds, ...verdict.counts }, broken: [...broken, ...verdict.broken] };
    } finally {
      await host.close();
    }
  },
};
