import type { Plugin } from '@stormpulse/plugin-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHECKS } from './checks.ts';
import type { ConformanceFixture } from './fixture.ts';
import { CHECKS_OF_CODE, isolate } from './isolated.ts';
import type { IsolatedPlugin, Isolation } from './isolated.ts';

/** Processes are started and files made durable on machines that are busy; only a failure takes all of it. */
const SLOW_MS = 90_000;

/** Declares the conformance tests of a plugin; call it at the top of a vitest file. */
export function conformance(plugin: Plugin, fixture: ConformanceFixture): void {
  describe(`conformance of ${plugin.name}`, { timeout: SLOW_MS }, () => {
    for (const [id, { title, run }] of Object.entries(CHECKS)) {
      test(`${id}: ${title}`, async () => {
        expect(await run(plugin, fixture)).toEqual([]);
      });
    }
  });
  const { built } = fixture;
  if (built !== undefined) for (const isolation of ['process', 'worker'] as const) apart(plugin.name, fixture, built, isolation);
}

/** The same of what the build made of it, elsewhere. */
function apart(name: string, fixture: ConformanceFixture, built: URL, isolation: Isolation): void {
  describe(`conformance of ${name}, isolation "${isolation}"`, { timeout: SLOW_MS }, () => {
    let elsewhere: IsolatedPlugin | undefined;
    beforeAll(async () => {
      elsewhere = await isolate(name, { built, config: fixture.config, isolation });
    }, SLOW_MS);
    afterAll(() => elsewhere?.close());
    for (const [id, { title, run }] of CHECKS_OF_CODE) {
      test(`${id}: ${title}`, async () => {
        const { load, settle } = elsewhere as IsolatedPlugin;
        expect(await run(await load(), { ...fixture, settle })).toEqual([]);
      });
    }
  });
}
