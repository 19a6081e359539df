import { conformance, createHarness } from '@stormpulse/sdk/testing';
import { expect, test } from 'vitest';
import pkg from '../package.json' with { type: 'json' };
import hello from './index.ts';

test('says hello, to the world unless told to whom', async () => {
  await using agent = await createHarness(hello);
  expect(await agent.run('hello.say')).toEqual({ said: 'Hello, world!' });
  expect(await agent.run('hello.say', { who: 'Ada' })).toEqual({ said: 'Hello, Ada!' });
});

conformance(hello, { config: {}, pkg, firstParty: false, built: new URL('../dist/index.js', import.meta.url) });
