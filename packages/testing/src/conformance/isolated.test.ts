import { afterEach, describe, expect, it } from 'vitest';
import type { Problems } from './fixture.ts';
import { CHECKS_OF_CODE, isolate } from './isolated.ts';
import type { IsolatedPlugin, Isolation } from './isolated.ts';

const BUILT = new URL('../../test-support/bell-plugin.mjs', import.meta.url);
const PKG = { name: 'stormpulse-plugin-bell', version: '1.0.0' };

describe.each<Isolation>(['process', 'worker'])('C18 of a plugin of isolation "%s"', { timeout: 90_000 }, (isolation) => {
  let elsewhere: IsolatedPlugin | undefined;
  afterEach(() => elsewhere?.close());

  async function check(config: object): Promise<Problems | undefined> {
    elsewhere = await isolate('bell', { built: BUILT, config, isolation });
    const [, found] = CHECKS_OF_CODE.find(([id]) => id === 'C18') ?? [];
    return await found?.run(await elsewhere.load(), { config, pkg: PKG, firstParty: false, settle: elsewhere.settle });
  }

  it('passes a wizard that has nothing to do once it is carried out', async () => {
    expect(await check({})).toEqual([]);
  });

  it('finds one that plans always', async () => {
    expect(await check({ restless: true })).toEqual([
      'wizard "Bell": carried out, it has something to do again: write /etc/stormpulse/plugins/bell/rope (0640); what is so already is not planned',
    ]);
  });
});
