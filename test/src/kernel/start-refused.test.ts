import { describe, expect, test } from 'vitest';
import { Type, definePlugin } from '@stormpulse/plugin-api';
import type { Plugin } from '@stormpulse/plugin-api';
import { startRig } from './agent-fixture.ts';

const named = (name: string, setup: Parameters<typeof definePlugin>[0]['setup']): Plugin =>
  definePlugin({
    name,
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'For tests.',
    configSchema: Type.Object({}),
    capabilities: () => ({}),
    setup,
  });

const start = async (...plugins: readonly Plugin[]): Promise<unknown> =>
  await startRig({
    kernel: {
      plugins: plugins.map((plugin) => ({
        name: plugin.name,
        load: () => Promise.resolve(plugin),
        config: {},
        firstParty: true,
        grants: 'all',
        startup: 'error',
      })),
    },
  });

describe('an agent that does not start ends what its other plugins began, and so its process ends', () => {
  test.each([
    ['set-up', () => Promise.resolve(), new Error('no town')],
    ['start', () => Promise.reject(new Error('no town')), undefined],
  ] as const)('one fails at its %s', async (_, onStart, thrown) => {
    const released: string[] = [];
    const first = named('first', ({ lifecycle }) => lifecycle.defer(() => void released.push('first')));
    const second = named('second', ({ lifecycle }) => {
      if (thrown !== undefined) throw thrown;
      lifecycle.onStart(onStart);
    });
    await expect(start(first, second)).rejects.toThrow('no town');
    expect(released).toEqual(['first']);
  });
});
