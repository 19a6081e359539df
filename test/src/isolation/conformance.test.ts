import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { definePlugin } from '@stormpulse/plugin-api';
import type { Plugin } from '@stormpulse/plugin-api';
import { definitionOf } from '@stormpulse/plugin-api/internal';
import type { PluginManifest } from '@stormpulse/plugin-api/internal';
import { createSystemClock } from '@stormpulse/services';
import { createPluginRunner } from '@stormpulse/services/isolation';
import type { PluginRunner } from '@stormpulse/services/isolation';
import { CHECKS, settle } from '@stormpulse/testing';
import { CHILD_ENTRY, REPOSITORY, pluginFile } from './plugin-file.ts';

vi.setConfig({ testTimeout: 90_000 });
type Mode = 'process' | 'worker' | 'none';
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const FIXTURE = { config: { canary: '/x', port: 1, agentPid: 1 }, firstParty: false };
/** C02 and C15 ask the schema of the config, C16 the documents: those are where the code is, and the same in every isolation. C09 plays the time that a stop really takes. */
const ELSEWHERE = Object.entries(CHECKS).filter(([id]) => !['C02', 'C09', 'C15', 'C16'].includes(id));
/** As many setups as one check makes, at most. */
const SETUPS = 12;
/** Only a failure takes all of it: no call of this plugin is held. */
const AT_REST_MS = 5_000;

describe.each<Mode>(['process', 'worker', 'none'])('conformance in isolation "%s"', (isolation) => {
  let runner: PluginRunner;
  const source = { name: 'behaves', entry: pluginFile('hostile/behaves'), tree: REPOSITORY, config: FIXTURE.config, isolation };
  let kept: PluginManifest | undefined;
  beforeAll(async () => {
    runner = createPluginRunner({ clock: createSystemClock(), logger: () => quiet, childEntry: CHILD_ENTRY });
    kept = isolation === 'none' ? undefined : await runner.derive(source);
  });
  afterAll(() => runner.close());

  const atRest = async (): Promise<void> => {
    await settle();
    for (const until = performance.now() + AT_REST_MS; runner.waiting > 0 && performance.now() < until;)
      await new Promise((resolve) => setTimeout(resolve, 2));
    await settle();
  };

  /** Each setup of it is another stand-in's: one stands for one life. What is never started starts nothing. */
  const load = async (): Promise<Plugin> => {
    const lives: Plugin[] = [];
    for (let at = 0; at < SETUPS; at += 1) lives.push(await runner.load(kept === undefined ? source : { ...source, kept }));
    const definition = definitionOf(lives[0]);
    if (definition === undefined) throw new Error('it is no plugin');
    return definePlugin({
      ...(definition as Parameters<typeof definePlugin>[0]),
      setup(ctx) {
        const life = definitionOf(lives.pop());
        if (life === undefined) throw new Error('a check makes more setups than there are lives');
        life.setup(ctx);
      },
    });
  };

  test.each(ELSEWHERE.map(([id, { title, run }]) => [id, title, run] as const))('%s: %s', async (_, __, run) => {
    const plugin = await load();
    expect(await run(plugin, { ...FIXTURE, pkg: { name: 'behaves', version: plugin.version }, settle: atRest })).toEqual([]);
  });
});
