import type { Plugin } from '@stormpulse/plugin-api';
import { describe, expect, test } from 'vitest';
import { CHECKS } from './checks.ts';
import type { ConformanceFixture } from './fixture.ts';

/** Declares the conformance tests of a plugin; call it at the top of a vitest file. */
export function conformance(plugin: Plugin, fixture: ConformanceFixture): void {
  describe(`conformance of ${plugin.name}`, () => {
    for (const [id, { title, run }] of Object.entries(CHECKS)) {
      test(`${id}: ${title}`, async () => {
        expect(await run(plugin, fixture)).toEqual([]);
      });
    }
  });
}
