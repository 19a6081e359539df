import { mkdirSync, mkdtempSync, rmSync, statfsSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultHost } from './fault-host.ts';
import { Flow } from './flow.ts';
import { must, needRoot, tool } from './host-tools.ts';
import { eventually, pause } from './scenario.ts';
import type { Scenario } from './scenario.ts';

const SIZE = '2m';
const BURST = 5;
const REGISTERED_MS = 20_000;
const SETTLED_MS = 30_000;

/** The disk of the agent's state fills up, and is freed again: commands are refused meanwhile, and the agent mends itself. */
export const fullDisk: Scenario = {
  name: 'full-disk',
  what: `the agent's state is on a tmpfs of ${SIZE} that fills up and is freed again`,
  rounds: 6,
  async run({ random, rounds }) {
    needRoot('mounting a small tmpfs');
    const mount = tool('mount', 'mount');
    const umount = tool('umount', 'mount');
    const folder = mkdtempSync(join(tmpdir(), 'faults-disk-'));
    must(mount, ['-t', 'tmpfs', '-o', `size=${SIZE},mode=0700`, 'tmpfs', folder]);
    const stateDir = join(folder, 'state');
    const filler = join(folder, 'filler');
    mkdirSync(stateDir, { mode: 0o700 });
    const host = await FaultHost.create({ stateDir });
    const flow = new Flow(host);
    const broken: string[] = [];
    let ranWhileFull = 0;
    try {
      host.start();
      if (!(await host.hub.registeredAfter(0, REGISTERED_MS))) throw new Error(`the agent did not register: ${host.said}`);
      for (let round = 1; round <= rounds; round += 1) {
        fill(filler, folder);
        const before = host.marks().size;
        for (let count = 0; count < BURST; count += 1) flow.order(random.pick([0, 0.05]));
        await pause(400);
        ranWhileFull += host.marks().size - before;
        unlinkSync(filler);
        const until = host.marks().size;
        const mended = await eventually(() => {
          flow.order(0);
          return host.marks().size > until;
        }, REGISTERED_MS);
        if (!mended)
          broken.push(`round ${round}: no command ran after the disk was freed; the agent said: ${host.said.slice(-600)}`);
      }
      await flow.settle(SETTLED_MS);
      if (!host.isRunning) broken.push(`the agent ended; it said: ${host.said.slice(-600)}`);
      const verdict = flow.verdict();
      return {
        counts: { 'times full': rounds, 'ran while full': ranWhileFull, ...verdict.counts },
        broken: [...broken, ...verdict.broken],
      };
    } finally {
      await host.close();
      // Lazily: the engine may hold a closed file until its statements are collected.
      must(umount, ['-l', folder]);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Leaves not a single page. */
function fill(filler: string, folder: string): void {
  const block = Buffer.alloc(4_096, 1);
  writeFileSync(filler, '');
  while (statfsSync(folder).bavail > 0) {
    try {
      writeFileSync(filler, block, { flag: 'a' });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return;
      throw error;
    }
  }
}
