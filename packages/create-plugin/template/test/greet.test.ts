import { createHarness } from '@stormpulse/sdk/testing';
import { expect, test } from 'vitest';
import plugin from '../src/index.ts';

test('greets by name, with the word of the config', async () => {
  await using agent = await createHarness(plugin, { config: { greeting: 'Good day' } });
  expect(await agent.run('{{name}}.greet', { who: 'Ada' })).toEqual({ said: 'Good day, Ada!' });
});

test('counts what it said, at once', async () => {
  await using agent = await createHarness(plugin);
  await agent.run('{{name}}.greet', { who: 'Ada' });
  await agent.run('{{name}}.greet', { who: 'Bob' });
  expect(agent.state('{{name}}.greetings')).toEqual({ total: 2 });
});

test('refuses what is no name', async () => {
  await using agent = await createHarness(plugin);
  for (const who of ['', '--help', 'Ada\n', 'x'.repeat(21)]) {
    await expect(agent.run('{{name}}.greet', { who })).rejects.toThrow('validation_failed');
  }
});
