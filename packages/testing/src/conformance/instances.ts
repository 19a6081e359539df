import type { Plugin } from '@stormpulse/plugin-api';
import type { Harness } from '../harness.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';
import { harnessFor } from './harness-for.ts';

const ROUNDS = 40;
const ROUND_MS = 60_000;
/** A moment of real time for what a plugin really reads: the clock of the harness does not wait for a disk. */
const BREATH_MS = 10;

/** C17: two instances in one process share nothing: what one closes goes on in the other. */
export async function checkInstances(plugin: Plugin, fixture: ConformanceFixture): Promise<Problems> {
  const first = await harnessFor(plugin, fixture);
  const second = await harnessFor(plugin, fixture);
  const begun = process.hrtime.bigint();
  try {
    // What it needs may be missing here; then there is nothing that closing the other could take away.
    if (!(await becomesReady(second, plugin))) return [];
    await first.close();
    await second.advance(ROUND_MS);
    if (await becomesReady(second, plugin)) return [];
    if (!(await lastsAlone(plugin, fixture, process.hrtime.bigint() - begun))) return [];
    const status = second.status.plugins.find(({ name }) => name === plugin.name);
    return [`closing one instance left the other "${status?.state ?? 'gone'}": ${status?.reason ?? 'no reason told'}`];
  } finally {
    await first.close();
    await second.close();
  }
}

/** Whether an instance that nobody shares anything with is still ready after the time that the others had, of either kind. */
async function lastsAlone(plugin: Plugin, fixture: ConformanceFixture, nanoseconds: bigint): Promise<boolean> {
  await using alone = await harnessFor(plugin, fixture);
  const end = process.hrtime.bigint() + nanoseconds;
  for (let round = 0; round <= ROUNDS || process.hrtime.bigint() < end; round += 1) {
    await passRound(alone);
  }
  return await becomesReady(alone, plugin);
}

async function becomesReady(harness: Harness, plugin: Plugin): Promise<boolean> {
  for (let round = 0; round < ROUNDS; round += 1) {
    if (harness.status.plugins.find(({ name }) => name === plugin.name)?.state === 'ready') return true;
    await passRound(harness);
  }
  return false;
}

async function passRound(harness: Harness): Promise<void> {
  await harness.advance(ROUND_MS);
  await new Promise((resolve) => setTimeout(resolve, BREATH_MS));
}
