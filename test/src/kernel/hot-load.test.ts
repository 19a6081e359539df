import { Type, definePlugin, handler } from '@stormpulse/plugin-api';
import type { CommandGate, Plugin } from '@stormpulse/plugin-api';
import { settle } from '@stormpulse/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { AGENT, startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';
import { Doors, jobPlugin } from './job-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

type Parts = Partial<{
  readonly run: () => Promise<string>;
  readonly onStart: () => Promise<void>;
  readonly onStop: () => void;
  readonly gate: CommandGate;
  readonly command: string;
}>;

/** One plugin with a command, `<name>_<command>`. */
function plugin(
  name: string,
  { run = () => Promise.resolve('done'), onStart, onStop, gate, command = 'say' }: Parts = {},
): Plugin {
  return definePlugin({
    name,
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'For tests.',
    configSchema: Type.Object({}),
    capabilities: () => ({ commands: 'read', gate: true }),
    setup({ commands, lifecycle }) {
      if (onStart !== undefined) lifecycle.onStart(onStart);
      if (onStop !== undefined) lifecycle.defer(onStop);
      if (gate !== undefined) commands.gate(gate);
      const rest = { title: 'Say', effect: 'read', timeout: '600s', params: Type.Object({}), result: Type.String() } as const;
      commands.register(handler({ id: command, ...rest, run }));
    },
  });
}

const entry = (one: Plugin, name: string) =>
  ({ name, load: () => Promise.resolve(one), config: {}, firstParty: false, grants: 'all', startup: 'disable' }) as const;
const registerOk = (features: readonly string[]): string =>
  JSON.stringify({ v: 1, type: 'register.ok', id: 'x', ts: '2026-01-01T12:00:00Z', agent_id: AGENT, payload: { features } });
const registered = (): unknown[] => rig.sent('register').map(({ commands }) => Object.keys(commands as object));
/** Each once: this hub acknowledges none, so they are sent again. */
const results = (): unknown[] => {
  const sent = rig.sent('command.result');
  const first = sent.filter(({ request_id }, at) => sent.findIndex((other) => other['request_id'] === request_id) === at);
  return first.map(({ command, stdout, group }) => [command, stdout, group]);
};
const states = (): unknown[] => rig.kernel.status.plugins.map(({ name, state }) => [name, state]);
/** The agent dials again at once: no wait of a lost connection. */
const dialledAgain = async (): Promise<void> => {
  await settle();
  await rig.clock.advance(0);
  await settle();
};
const held = () => {
  let end: (text: string) => void = () => undefined;
  const run = new Promise<string>((resolve) => {
    end = resolve;
  });
  return { run: () => run, end: (text: string) => end(text) };
};

describe('hot load (D3): a new table, and the agent registers again', () => {
  test('a plugin that joins is offered, and one that goes is not', async () => {
    rig = await startRig({ plugin: plugin('first') });
    expect(await rig.kernel.exchange('second', [entry(plugin('second'), 'second')])).toEqual([
      { name: 'second', state: 'ready' },
    ]);
    await dialledAgain();
    await rig.deliver(rig.request('second_say'));
    expect(await rig.kernel.exchange('first', [])).toEqual([]);
    await dialledAgain();
    expect(registered()).toEqual([['first_say'], ['first_say', 'second_say'], ['second_say']]);
    expect(results()).toEqual([['second_say', 'done', 'second']]);
    expect(states()).toEqual([['second', 'ready']]);
    expect(rig.transport.links.map(({ closedWith }) => closedWith)).toEqual([1000, 1000, undefined]);
  });

  test('what runs of the version before ends as it would have, and only then its code is stopped', async () => {
    const told: string[] = [];
    const { run, end } = held();
    rig = await startRig({ plugin: plugin('first', { run, onStop: () => told.push('stopped') }) });
    await rig.deliver(rig.request('first_say'));
    const changed = rig.kernel.exchange('first', [entry(plugin('first', { command: 'tell' }), 'first')]);
    await settle();
    await rig.deliver(rig.request('first_say', {}, { id: 'late' }));
    expect(told).toEqual([]);
    end('the old one');
    await changed;
    await dialledAgain();
    expect(told).toEqual(['stopped']);
    expect(results()).toEqual([
      ['first_say', '', 'unknown'],
      ['first_say', 'the old one', 'first'],
    ]);
    expect(registered().at(-1)).toEqual(['first_tell']);
  });

  test('a job of the version before goes on, reports, and is ended by a cancel; until then no other version stands', async () => {
    const doors = new Doors();
    rig = await startRig({ plugin: jobPlugin(doors.run) });
    await rig.deliver(registerOk(['command.cancel']));
    await rig.deliver(rig.request('demo_work', {}, { id: 'long' }));
    const changed = rig.kernel.exchange('demo', [entry(plugin('demo'), 'demo')]);
    await settle();
    doors.at('long').call.progress({ done: 3 });
    await rig.clock.advance(1_000);
    expect(rig.sent('command.progress').at(-1)).toMatchObject({ request_id: 'long', current: 3 });
    expect(states()).toEqual([['demo', 'ready']]);
    await rig.deliver(rig.request('demo_say', {}, { id: 'early' }));
    await rig.deliver(rig.request('agent_cancel', { request_id: 'long' }, { id: 'c1' }));
    expect(await changed).toEqual([{ name: 'demo', state: 'ready' }]);
    await dialledAgain();
    expect(registered().at(-1)).toEqual(['demo_say']);
    const told = rig.sent('command.result').map(({ request_id, failure_reason }) => [request_id, failure_reason]);
    expect(told).toEqual(
      expect.arrayContaining([
        ['early', 'validation_failed'],
        ['long', 'cancelled'],
        ['c1', null],
      ]),
    );
  });

  test('a new version that does not start leaves the one before, and says why', async () => {
    const before = plugin('first');
    rig = await startRig({ plugin: before });
    const bad = plugin('first', { onStart: () => Promise.reject(new Error('no socket')), command: 'tell' });
    const tried = await rig.kernel.exchange('first', [entry(bad, 'first'), entry(before, 'first')]);
    expect(tried).toEqual([
      { name: 'first', state: 'failed', reason: expect.stringContaining('no socket') as string, code: 'E_PLUGIN_START' },
      { name: 'first', state: 'ready' },
    ]);
    await dialledAgain();
    await rig.deliver(rig.request('first_say'));
    expect(results()).toEqual([['first_say', 'done', 'first']]);
    expect(registered().at(-1)).toEqual(['first_say']);
  });

  test('one whose command is taken already does not come in, also not by a later change', async () => {
    rig = await startRig({ plugin: plugin('first') });
    const copy = definePlugin({
      name: 'copy',
      version: '1.0.0',
      apiVersion: '1.0',
      description: 'For tests.',
      configSchema: Type.Object({}),
      capabilities: () => ({ commands: 'read' }),
      setup({ commands }) {
        const rest = { title: 'Say', effect: 'read', timeout: '5s', params: Type.Object({}), result: Type.String() } as const;
        commands.register(handler({ id: 'say', wireName: 'first_say', ...rest, run: () => Promise.resolve('mine') }));
      },
    });
    const [status] = await rig.kernel.exchange('copy', [{ ...entry(copy, 'copy'), firstParty: true }]);
    expect(status).toMatchObject({ state: 'failed', code: 'E_PLUGIN_CONTRIBUTION' });
    await rig.kernel.exchange('first', []);
    await dialledAgain();
    expect(registered().at(-1)).toEqual([]);
  });

  test('D3: the gate of a plugin holds while another version is brought in', async () => {
    let isUp = true;
    const gate: CommandGate = {
      allow: () => (isUp ? Promise.resolve({ allow: true }) : Promise.reject(new Error('it was stopped'))),
    };
    rig = await startRig({
      plugin: plugin('first', {
        gate,
        onStop: () => {
          isUp = false;
        },
      }),
    });
    await rig.kernel.exchange('second', [entry(plugin('second'), 'second')]);
    await dialledAgain();
    const { run, end } = held();
    const onStart = async (): Promise<void> => void (await run());
    const changed = rig.kernel.exchange('first', [entry(plugin('first', { onStart }), 'first')]);
    await settle();
    await rig.deliver(rig.request('second_say'));
    expect(rig.sent('command.result').map(({ stderr }) => stderr)).toEqual([expect.stringContaining('it was stopped')]);
    end('');
    await changed;
    await dialledAgain();
    await rig.deliver(rig.request('second_say'));
    expect(results().at(-1)).toEqual(['second_say', 'done', 'second']);
  });

  test('an agent that stops meanwhile is not kept by it', async () => {
    const { run } = held();
    rig = await startRig({ plugin: plugin('first', { run }) });
    await rig.deliver(rig.request('first_say'));
    const changed = rig.kernel.exchange('first', [entry(plugin('first'), 'first')]);
    await settle();
    await rig.close();
    expect(await changed).toEqual([]);
  });
});

describe('a plugin whose code is elsewhere and whose manifest is known', () => {
  const apart = (one: Plugin) => ({ ...entry(one, 'far'), startsApart: true });

  test('is offered before it has started; the agent registers without waiting', async () => {
    const { run, end } = held();
    rig = await startRig({ kernel: { plugins: [apart(plugin('far', { onStart: async () => void (await run()) }))] } });
    expect([registered(), states()]).toEqual([[['far_say']], [['far', 'starting']]]);
    end('');
    await settle();
    expect(states()).toEqual([['far', 'ready']]);
    expect(rig.transport.links).toHaveLength(1);
  });

  test('and is taken back when it then does not start', async () => {
    const { run, end } = held();
    const onStart = async (): Promise<void> => {
      throw new Error(await run());
    };
    rig = await startRig({ kernel: { plugins: [apart(plugin('far', { onStart }))] } });
    end('no hardware');
    await dialledAgain();
    expect(registered()).toEqual([['far_say'], []]);
    expect(rig.kernel.status.plugins).toMatchObject([
      { state: 'failed', reason: expect.stringContaining('no hardware') as string },
    ]);
  });
});
