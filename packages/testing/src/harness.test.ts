import { Type, collector, definePlugin, handler, joined, option, subprocess } from '@stormpulse/plugin-api';
import { expect, test } from 'vitest';
import { createHarness } from './harness.ts';

const Name = Type.String({ pattern: '^[a-z]+$', maxLength: 32 });

const demo = definePlugin({
  name: 'demo',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'A plugin for tests.',
  configSchema: Type.Object({ greeting: Type.String({ default: 'hello', maxLength: 40 }) }),
  capabilities: () => ({ exec: ['/bin/echo'], commands: 'write' }),
  setup({ config, commands, collectors }) {
    const counter = collectors.register(
      collector({
        id: 'counter',
        every: 'push',
        state: Type.Object({ n: Type.Integer() }),
        collect: ({ previous }) => Promise.resolve({ n: (previous?.n ?? 0) + 1 }),
      }),
    );
    commands.register(
      subprocess({
        id: 'say',
        title: 'Say something',
        effect: 'read',
        timeout: '5s',
        params: Type.Object({ word: Name, times: Type.Integer({ default: 1, minimum: 1, maximum: 9 }) }),
        file: '/bin/echo',
        argv: (slot) => [option('--times', slot.times), joined('--word=', slot.word), '--', slot.word],
      }),
      handler({
        id: 'greet',
        title: 'Greet',
        effect: 'write',
        timeout: '5s',
        params: Type.Object({ who: Name }),
        result: Type.Object({ text: Type.String(), seen: Type.Integer() }),
        run: async ({ params }) => ({ text: `${config.greeting} ${params.who}`, seen: (await counter.refresh()).n }),
      }),
    );
  },
});

test('a subprocess command runs exactly its template', async () => {
  await using h = await createHarness(demo);
  h.exec.on('/bin/echo', /--word=web/, { stdout: 'web\n' });
  expect(await h.run('demo.say', { word: 'web', times: 3 })).toBe('web\n');
  expect(h.exec.calls).toEqual([{ file: '/bin/echo', args: ['--times', '3', '--word=web', '--', 'web'] }]);
});

test('a handler gets typed params and config, and its result comes back', async () => {
  await using h = await createHarness(demo, { config: { greeting: 'good day' } });
  expect(await h.run('demo.greet', { who: 'ada' })).toEqual({ text: 'good day ada', seen: 2 });
});

test('what the schema does not allow is refused by name and nothing runs', async () => {
  await using h = await createHarness(demo);
  for (const params of [
    { word: '-v' },
    { word: 'web', times: '01' },
    { word: 'web', times: 10 },
    { word: 'web', shell: true },
    {},
  ]) {
    const result = await h.call('demo.say', params);
    expect(result).toMatchObject({ success: false, failure_reason: 'validation_failed', group: 'demo' });
    expect(result.stderr).toMatch(/word|times|shell/);
  }
  expect(h.exec.calls).toEqual([]);
});

test('SEC-100: an unlisted command is refused, names what is allowed, and is reported', async () => {
  await using h = await createHarness(demo);
  const result = await h.call('demo_nothing');
  expect(result).toMatchObject({ success: false, failure_reason: 'validation_failed', group: 'unknown' });
  expect(result.stderr).toContain('demo_greet, demo_say');
  await h.advance(1_000);
  expect(h.events).toContainEqual(expect.objectContaining({ kind: 'whitelist_rejection', command: 'demo_nothing' }));
});

test('the manifest is what v1 hubs read', async () => {
  await using h = await createHarness(demo);
  expect(h.manifest).toMatchObject({
    demo_say: {
      group: 'demo',
      template: ['echo', '--times', '{times}', '--word={word}', '--', '{word}'],
      timeout: 5,
      requires_confirmation: false,
      long_running: false,
      params: { times: { default: '1', pattern: '-?(0|[1-9][0-9]*)' }, word: { default: null, pattern: '[a-z]+' } },
    },
    demo_greet: { template: ['demo_greet'], requires_confirmation: true },
  });
});

test('a grant that is missing refuses the plugin with the lines to paste', async () => {
  await expect(createHarness(demo, { grants: { commands: 'write' }, firstParty: false })).rejects.toThrow(
    '[plugins.demo.grants]\nexec = ["/bin/echo"]',
  );
});

test('a state is published whole, with each push', async () => {
  await using h = await createHarness(demo);
  expect(h.state('demo.counter')).toEqual({ n: 1 });
  await h.advance(15_000);
  expect(h.state('demo.counter')).toEqual({ n: 2 });
});
