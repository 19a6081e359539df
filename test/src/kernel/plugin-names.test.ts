import type { PluginEntry } from '@stormpulse/kernel';
import { Type, collector, definePlugin, handler } from '@stormpulse/plugin-api';
import { afterEach, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
let collected: string[] = [];
afterEach(async () => {
  await rig.close();
  collected = [];
});

interface Named {
  readonly id: string;
  readonly wireName?: string;
  readonly group?: string;
}

const entry = (
  key: string,
  ids: readonly Named[],
  more: Partial<PluginEntry> & { readonly name?: string } = {},
): PluginEntry => ({
  config: {},
  firstParty: false,
  grants: 'all',
  startup: 'disable',
  load: () =>
    Promise.resolve(
      definePlugin({
        name: more.name ?? key,
        version: '1.0.0',
        apiVersion: '1.0',
        description: 'For tests.',
        configSchema: Type.Object({}),
        capabilities: () => ({ commands: 'read' }),
        setup({ commands, collectors }) {
          collectors.register(
            collector({ id: 'count', every: '1m', state: Type.Integer(), collect: () => Promise.resolve(collected.push(key)) }),
          );
          for (const named of ids)
            commands.register(
              handler({
                ...named,
                title: 'X',
                effect: 'read',
                timeout: '5s',
                params: Type.Object({}),
                result: Type.String(),
                run: () => Promise.resolve(key),
              }),
            );
        },
      }),
    ),
  ...more,
  name: key,
});
const weather = entry('weather', [{ id: 'look' }]);
const start = async (...plugins: readonly PluginEntry[]): Promise<Readonly<Record<string, string>>> => {
  rig = await startRig({ kernel: { plugins: [...plugins, weather] } });
  return Object.fromEntries(rig.kernel.status.plugins.map(({ name, state, reason }) => [name, `${state}: ${reason ?? ''}`]));
};

test.each<[string, string, Named, RegExp]>([
  ['an id in capitals', 'other', { id: 'Look' }, /"Look": an id is 1 to 64 lower-case letters/u],
  ['an id with a hyphen', 'other', { id: 'lo-ok' }, /an id is 1 to 64/u],
  ['an id that begins with _', 'other', { id: '_look' }, /an id is 1 to 64/u],
  ['an id that shows as another', 'other', { id: 'look\u202e' }, /an id is 1 to 64/u],
  ['the refresh that is the agent’s', 'other', { id: 'refresh' }, /"other_refresh" is the agent's own/u],
  ['a name of the agent', 'agent', { id: 'cancel' }, /"agent_[a-z]+" is the agent's own/u],
  ['the hatch', 'run', { id: 'verify_block' }, /"run_verify_block" is that of the hatch/u],
  ['the other half of the hatch', 'run', { id: 'apply_block' }, /"run_apply_block" is that of the hatch/u],
  ['a wire name', 'other', { id: 'x', wireName: 'weather_look' }, /wireName and group are for first-party plugins/u],
  ['a group', 'other', { id: 'x', group: 'deploy' }, /wireName and group are for first-party plugins/u],
])('SEC-205: a plugin of others with %s is refused, the others run', async (_, name, named, says) => {
  const states = await start(entry(name, [{ id: 'fine' }, named]));
  expect(states).toEqual({ [name]: expect.stringMatching(says), weather: 'ready: ' });
  expect(states[name]).toMatch(/^refused: /u);
  expect(rig.kernel.status.commands).toEqual(['weather_look']);
});

test('SEC-205: an id twice, and another name than its key, are refused', async () => {
  expect(await start(entry('twice', [{ id: 'a' }, { id: 'a' }]), entry('alias', [], { name: 'weather' }))).toEqual({
    twice: expect.stringMatching(/^refused: .*the id is used twice/u),
    alias: expect.stringMatching(/^refused: .*calls itself "weather"/u),
    weather: 'ready: ',
  });
});

test('SEC-205: of two plugins of one name the later is refused', async () => {
  rig = await startRig({ kernel: { plugins: [weather, entry('weather', [{ id: 'other' }])] } });
  expect(rig.kernel.status.plugins.map(({ state, reason }) => `${state}: ${reason ?? ''}`)).toEqual([
    'ready: ',
    expect.stringMatching(/^refused: .*is used once/u),
  ]);
  expect(rig.kernel.status.commands).toEqual(['weather_look']);
});

test.each([
  ["an operator's own command", 'custom-commands'],
  ['a plugin of the agent', 'docker'],
])('SEC-205: one whose command has the name of %s is out as a whole, its collectors too', async (_, taker) => {
  const states = await start(
    entry(taker, [{ id: 'x', wireName: 'thief_look' }], { firstParty: true }),
    entry('thief', [{ id: 'look' }, { id: 'fine' }]),
  );
  expect(states).toMatchObject({
    thief: expect.stringMatching(new RegExp(`^failed: .*command "thief_look": the name is taken by plugin "${taker}"`, 'u')),
    weather: 'ready: ',
  });
  expect(rig.kernel.status.commands.filter((name) => name.startsWith('thief'))).toEqual(['thief_look']);
  await rig.deliver(rig.request('thief_look'));
  expect(rig.sent('command.result').at(-1)).toMatchObject({ stdout: taker });
  await rig.clock.advance(120_000);
  expect(collected).toContain('weather');
  expect(collected).not.toContain('thief');
});
