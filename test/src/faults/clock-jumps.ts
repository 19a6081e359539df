import { existsSync, writeFileSync } from 'node:fs';
import { FaultHost } from './fault-host.ts';
import { Flow } from './flow.ts';
import { eventually } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const LIBRARY = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1';
/** SEC-064's jumps. */
const JUMPS = ['-3600', '-86400', '+86400', '+31536000'] as const;
const REGISTERED_MS = 20_000;
const MENDED_MS = 30_000;
const REPLAYS = 5;

/** The wall clock of the agent steps while it runs; its hub's stays right. */
export const clockJumps: Scenario = {
  name: 'clock-jumps',
  what: `the agent's clock steps by ${JUMPS.map((jump) => `${Number(jump) / 3_600} h`).join(', ')} and back while commands flow`,
  rounds: 1,
  async run({ random, rounds }) {
    if (!existsSync(LIBRARY)) throw new Error(`${LIBRARY} is missing; bash test/testbed/faults.sh brings it (faketime)`);
    const clock: { file?: string } = {};
    const host = await FaultHost.create({
      flags: ['--allow-unsafe-env'],
      env: (folder) => {
        clock.file = `${folder}/clock`;
        writeFileSync(clock.file, '+0');
        return {
          LD_PRELOAD: LIBRARY,
          FAKETIME_TIMESTAMP_FILE: clock.file,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        };
      },
    });
    const flow = new Flow(host);
    const broken: string[] = [];
    let ranWhileOff = 0;
    const step = (offset: string): void => writeFileSync(clock.file ?? '', offset);
    const runsOne = async (): Promise<boolean> => {
      const before = host.marks().size;
      return await eventually(() => {
        flow.order(0);
        return host.marks().size > before;
      }, MENDED_MS);
    };
    try {
      host.start();
      if (!(await host.hub.registeredAfter(0, REGISTERED_MS))) throw new Error(`the agent did not register: ${host.said}`);
      for (let round = 1; round <= rounds; round += 1) {
        for (const jump of JUMPS) {
          if (!(await runsOne()))
            broken.push(`no command ran before the jump of ${jump} s; the agent said: ${host.said.slice(-600)}`);
          await flow.settle(MENDED_MS);
          step(jump);
          const before = { sent: flow.sent.size, pushes: host.hub.pushes };
          for (let count = 0; count < REPLAYS; count += 1) {
            flow.replay(random.pick([...flow.sent.values()]));
            flow.order(0);
          }
          if (!(await eventually(() => host.hub.pushes > before.pushes + 1, REGISTERED_MS)))
            broken.push(`no metrics came after the jump of ${jump} s`);
          // What was ordered before the jump may still have been on its way.
          const marks = host.marks();
          ranWhileOff += [...flow.sent.keys()].slice(before.sent).filter((label) => marks.has(label)).length;
          step('+0');
        }
        if (!(await runsOne()))
          broken.push(`no command ran after the clock was right again; the agent said: ${host.said.slice(-600)}`);
      }
      await flow.settle(MENDED_MS);
      if (ranWhileOff > 0) broken.push(`${ranWhileOff} commands ran while the clock was off by more than their age`);
      const verdict = flow.verdict();
      return {
        counts: { jumps: rounds * JUMPS.length, 'ran while off': ranWhileOff, ...verdict.counts },
        broken: [...broken, ...verdict.broken],
      };
    } finally {
      await host.close();
    }
  },
};
