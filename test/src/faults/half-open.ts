import { FaultHost } from './fault-host.ts';
import { Flow } from './flow.ts';
import { must, needRoot, tool } from './host-tools.ts';
import { eventually } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const REGISTERED_MS = 20_000;
/** SEC-005: 20 s of silence, 20 s for the pong, and a moment. */
const NOTICED_MS = 50_000;
const SETTLED_MS = 30_000;

/** Every packet between agent and hub is dropped, so that neither is told: what was under way arrives after all. */
export const halfOpen: Scenario = {
  name: 'half-open',
  what: 'all packets of the link are dropped (nft) until the agent has noticed, then let through again',
  rounds: 1,
  async run({ rounds }) {
    needRoot('dropping packets');
    const nft = tool('nft', 'nftables');
    const host = await FaultHost.create();
    const flow = new Flow(host);
    const table = `faults_${process.pid}`;
    const broken: string[] = [];
    const noticedAfter: number[] = [];
    try {
      host.start();
      if (!(await host.hub.registeredAfter(0, REGISTERED_MS))) throw new Error(`the agent did not register: ${host.said}`);
      for (let round = 1; round <= rounds; round += 1) {
        const before = host.hub.registrations;
        flow.order(1);
        flow.order(0);
        await eventually(() => host.marks().size >= 2 * round, REGISTERED_MS);
        const port = host.hub.port;
        must(nft, ['-f', '-'], drop(table, port));
        const begun = performance.now();
        const noticed = await eventually(() => host.said.includes('stopped answering pings'), NOTICED_MS);
        noticedAfter.push(Math.round((performance.now() - begun) / 1_000));
        must(nft, ['delete', 'table', 'inet', table]);
        if (!noticed) broken.push(`the agent did not notice within ${NOTICED_MS / 1_000} s that its link was dead`);
        if (!(await host.hub.registeredAfter(before, REGISTERED_MS)))
          broken.push(`the agent did not come back: ${host.said.slice(-600)}`);
      }
      await flow.settle(SETTLED_MS);
      const verdict = flow.verdict();
      return {
        counts: { 'seconds until noticed': noticedAfter.join(', '), ...verdict.counts },
        broken: [...broken, ...verdict.broken],
      };
    } finally {
      try {
        must(nft, ['delete', 'table', 'inet', table]);
      } catch {
        // It is gone already, as it should be.
      }
      await host.close();
    }
  },
};

/** Only packets of this one port, on the loopback interface. */
function drop(table: string, port: number): string {
  return `table inet ${table} {
  chain input {
    type filter hook input priority 0; policy accept;
    iif lo tcp dport ${port} drop
    iif lo tcp sport ${port} drop
  }
}
`;
}
