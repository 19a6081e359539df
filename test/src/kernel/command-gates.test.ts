import { Type, definePlugin, subprocess } from '@stormpulse/plugin-api';
import type { CommandGate, Effect, Plugin } from '@stormpulse/plugin-api';
import { afterEach, describe, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const ALLOW = () => Promise.resolve({ allow: true } as const);

/** Two commands, `door_open` and `door_look`, under gates. */
function door(gates: readonly CommandGate[], capabilities: { readonly gate?: true } = { gate: true }): Plugin {
  const command = (id: string, effect: Effect) =>
    subprocess({ id, title: id, effect, timeout: '5s', params: Type.Object({}), file: '/bin/door', argv: () => [id] });
  return definePlugin({
    name: 'door',
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'For tests.',
    configSchema: Type.Object({}),
    capabilities: () => ({ exec: ['/bin/door'], commands: 'write', ...capabilities }),
    setup({ commands }) {
      commands.register(command('open', 'write'), command('look', 'read'));
      for (const gate of gates) commands.gate(gate);
    },
  });
}
const results = (): unknown[] =>
  rig.sent('command.result').map((result) => [result['command'], result['success'], result['failure_reason'], result['stderr']]);
const begun = (): unknown[] => rig.runner.calls.map(({ args }) => args[0]);
const start = async (plugin: Plugin): Promise<void> => {
  rig = await startRig({ plugin });
};

describe('gates over commands (D3)', () => {
  const sealed: { reason: string | undefined; failureReason?: string } = { reason: undefined };
  const admitting: CommandGate = {
    admit: ({ effect }) =>
      Promise.resolve(
        effect === 'read' || sealed.reason === undefined
          ? { allow: true }
          : { allow: false, ...(sealed as { reason: string; failureReason?: string }) },
      ),
    allow: ALLOW,
  };

  test('what a gate does not admit is in neither the table nor register, and is answered with what the gate says then', async () => {
    Object.assign(sealed, { reason: 'sealed', failureReason: 'signoff_sealed' });
    await start(door([admitting]));
    expect(Object.keys(rig.sent('register')[0]?.['commands'] as object)).toEqual(['door_look']);
    await rig.deliver(rig.request('door_open', { any: 'x' }));
    Object.assign(sealed, { reason: 'sealed', failureReason: 'No such word' });
    await rig.deliver(rig.sequence(['door_look', 'door_open']));
    sealed.reason = undefined;
    await rig.deliver(rig.request('door_open'));
    expect(results()).toEqual([
      ['door_open', false, 'signoff_sealed', 'held by plugin "door": sealed'],
      ['door_open', false, 'validation_failed', 'held by plugin "door": sealed'],
      ['door_open', false, 'restart_required', expect.stringContaining('restart the agent')],
    ]);
    expect(rig.sent('command.result').map((result) => result['group'])).toEqual(['door', 'door', 'door']);
    expect(begun()).toEqual([]);
    await rig.clock.advance(20_000);
    expect(JSON.stringify(rig.sent('events.batch'))).not.toContain('whitelist_rejection');
  });

  test('of a sequence nothing runs when one of its commands is not admitted any more', async () => {
    sealed.reason = undefined;
    const told: unknown[] = [];
    const telling: CommandGate = { admit: (command) => (told.push(command.sequence), ALLOW()), allow: ALLOW };
    await start(door([admitting, telling]));
    Object.assign(sealed, { reason: 'sealed', failureReason: 'signoff_sealed' });
    await rig.deliver(rig.sequence(['door_look', 'door_open'], false));
    expect(results()).toEqual([['door_open', false, 'signoff_sealed', 'held by plugin "door": sealed']]);
    expect(begun()).toEqual([]);
    expect(told).toContainEqual(['door_look', 'door_open']);
  });

  test('SEC-153: what a gate let begin is ended when the gate says so, and what waits behind it is not', async () => {
    const until = new AbortController();
    await start(door([{ allow: () => Promise.resolve({ allow: true, until: until.signal }) }]));
    rig.runner.hold('/bin/door', /open/u);
    await rig.deliver(rig.request('door_open'));
    expect(begun()).toEqual(['open']);
    until.abort(new Error('closed'));
    await rig.clock.advance(1_000);
    expect(results()[0]).toEqual(['door_open', false, 'cancelled', '']);
    await rig.deliver(rig.request('door_look'));
    expect(results()[1]).toEqual(['door_look', false, 'cancelled', 'closed']);
  });

  test('every gate is asked before each call, with what it is about; any denial wins and nothing runs', async () => {
    const asked: unknown[] = [];
    let reason: string | undefined;
    const held: CommandGate = {
      allow: (call) => {
        asked.push(call);
        return Promise.resolve(reason === undefined ? { allow: true } : { allow: false, reason });
      },
    };
    await start(door([{ allow: ALLOW }, held]));
    await rig.deliver(rig.request('door_open', {}, { id: 'r1' }));
    reason = 'signed off';
    await rig.deliver(rig.request('door_open'));
    expect(asked[0]).toEqual({ command: 'door_open', plugin: 'door', effect: 'write', requestId: 'r1' });
    expect(begun()).toEqual(['open']);
    expect(results()).toEqual([
      ['door_open', true, null, ''],
      ['door_open', false, 'validation_failed', 'held by plugin "door": signed off'],
    ]);
  });

  test('of a sequence each step is asked when its turn comes', async () => {
    const answers = [true, false];
    const gate: CommandGate = {
      allow: () => Promise.resolve(answers.shift() === true ? { allow: true } : { allow: false, reason: 'later' }),
    };
    await start(door([gate]));
    await rig.deliver(rig.sequence(['door_look', 'door_open']));
    expect(begun()).toEqual(['look']);
    expect(results()).toMatchObject([
      ['door_look', true, null, ''],
      ['door_open', false, 'validation_failed', 'held by plugin "door": later'],
    ]);
  });

  test.each<[string, CommandGate['allow'], RegExp]>([
    [
      'throws',
      () => {
        throw new Error('no key');
      },
      /^held, because the gate of plugin "door" failed: no key$/u,
    ],
    ['rejects', () => Promise.reject(new Error('no key')), /failed: no key$/u],
    ['never answers', () => new Promise(() => undefined), /^held, because the gate of plugin "door" failed: .*5000 ms/u],
  ])('a gate that %s denies', async (_how, allow, told) => {
    await start(door([{ allow }]));
    await rig.deliver(rig.request('door_open'));
    await rig.clock.advance(6_000);
    expect(results()).toEqual([['door_open', false, 'validation_failed', expect.stringMatching(told)]]);
    expect(begun()).toEqual([]);
  });

  test('a plugin that did not ask for it sets no gate', async () => {
    await expect(start(door([{ allow: ALLOW }], {}))).rejects.toMatchObject({ code: 'E_GRANT_GATE' });
  });
});
