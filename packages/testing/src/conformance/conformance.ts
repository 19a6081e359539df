import type { Plugin } from '@stormpulse/plugin-api';
import { describe, expect, test } from 'vitest';
import { checkConfig } from './config.ts';
import { checkBounds, checkCapabilities, checkDeterminism, checkPatterns, checkSetup } from './declarations.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';
import { checkIdentity } from './identity.ts';
import { checkGrants, checkStop } from './lifecycle.ts';

export type { ConformanceFixture, Problems };

/** The checks, by number; each says what is wrong in sentences. */
export const CHECKS: Readonly<
  Record<
    string,
    { readonly title: string; readonly run: (plugin: Plugin, fixture: ConformanceFixture) => Problems | Promise<Problems> }
  >
> = {
  C01: { title: "the name is well formed and the version is the package's", run: checkIdentity },
  C02: { title: 'unknown config keys are refused and defaults are valid', run: checkConfig },
  C03: { title: 'setup is synchronous and waits for nothing', run: checkSetup },
  C04: { title: 'the same config gives the same contributions', run: checkDeterminism },
  C05: { title: 'commands stay within the capabilities', run: checkCapabilities },
  C06: { title: 'every string parameter is bounded', run: checkBounds },
  C07: { title: 'patterns are anchored and linear', run: checkPatterns },
  C08: { title: 'without grants it is refused with the TOML to add', run: checkGrants },
  C09: { title: 'it stops cleanly, twice', run: checkStop },
};

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
