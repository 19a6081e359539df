import type { Plugin } from '@stormpulse/plugin-api';
import { createHarness } from '../harness.ts';
import type { Harness, HarnessOptions } from '../harness.ts';
import type { ConformanceFixture } from './fixture.ts';

/** An agent with the plugin as its fixture describes it. Rejects with what refused the plugin. */
export async function harnessFor(
  plugin: Plugin,
  { config, firstParty = true, settle }: ConformanceFixture,
  more: Omit<HarnessOptions, 'config' | 'firstParty' | 'settle'> = {},
): Promise<Harness> {
  return await createHarness(plugin, { config, firstParty, ...more, ...(settle === undefined ? {} : { settle }) });
}
