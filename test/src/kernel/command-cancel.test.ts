import { Type, definePlugin, handler } from '@stormpulse/plugin-api';
import { afterEach, describe, expect, test } from 'vitest';
import { AGENT, startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
let running: string[];
afterEach(() => rig.close());

/** Both end only when they are told to. */
const plugin = definePlugin({
  name: 'odd',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'For tests.',
  configSchema: Type.Object({}),
  capabilities: () => ({ commands: 'write' }),
  setup({ commands }) {
    for (const [id, effect] of [
      ['work', 'write'],
      ['look', 'read'],
    ] as const)
      commands.register(
        handler({
          id,
          effect,
          title: 'x',
          timeout: '600s',
          params: Type.Object({}),
          result: Type.String(),
          run: ({ signal, requestId }) => {
            running.push(requestId);
            return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
          },
        }),
      );
  },
});

async function start(features: readonly string[] = ['command.cancel']): Promise<void> {
  running = [];
  rig = await startRig({ plugin });
  const payload = { features };
  await rig.deliver(JSON.stringify({ v: 1, type: 'register.ok', id: 'x', ts: '2026-01-01T12:00:00Z', agent_id: AGENT, payload }));
}
const send = (command: string, id: string): Promise<void> => rig.deliver(rig.request(command, {}, { id }));
const cancel = (params: Record<string, string>, id = 'c1'): Promise<void> =>
  rig.deliver(rig.request('agent_cancel', params, { id }));
const results = (): unknown[] =>
  rig.sent('command.result').map((result) => [result['request_id'], result['success'], result['failure_reason']]);
const result = (id: string): Record<string, unknown> | undefined =>
  rig.sent('command.result').find((each) => each['request_id'] === id);

describe('agent_cancel', () => {
  test('ends what runs, which has its one result; past a full pool, a full queue and a held key', async () => {
    await start();
    for (let at = 0; at < 4; at += 1) await send('odd_look', `look-${at}`);
    for (let at = 0; at < 64; at += 1) await send('odd_work', `wait-${at}`);
    await cancel({ request_id: 'look-2' });
    expect(results()).toEqual(
      expect.arrayContaining([
        ['look-2', false, 'cancelled'],
        ['c1', true, null],
      ]),
    );
    expect(results()).toHaveLength(2);
    expect(result('look-2')?.['stderr']).toBe('cancelled by the hub');
    expect(result('c1')).toMatchObject({ command: 'agent_cancel', group: 'agent', stdout: 'cancelled look-2', exit_code: 0 });
  });

  test('takes what waits out of the queue: it never runs, and its place is free', async () => {
    await start();
    await send('odd_work', 'runs');
    await send('odd_work', 'waits');
    await cancel({ request_id: 'waits' });
    expect(result('waits')).toMatchObject({ success: false, failure_reason: 'cancelled', stderr: 'cancelled by the hub' });
    await cancel({ request_id: 'runs' }, 'c2');
    await send('odd_work', 'after');
    expect(running).toEqual(['runs', 'after']);
    expect(results()).toHaveLength(4);
  });

  test('of a sequence it ends the step that runs, and those after it never begin, whatever stop_on_failure says', async () => {
    await start();
    const frame = rig.sequence(['odd_work', 'odd_look'], false);
    await rig.deliver(frame);
    await cancel({ request_id: (JSON.parse(frame) as { id: string }).id });
    expect(rig.sent('command.result').map((each) => [each['command'], each['failure_reason']])).toEqual(
      expect.arrayContaining([
        ['odd_work', 'cancelled'],
        ['agent_cancel', null],
      ]),
    );
    expect(results()).toHaveLength(2);
    expect(running).toHaveLength(1);
  });

  test('says not_found of what ended, or never was', async () => {
    await start();
    await send('odd_work', 'r1');
    await cancel({ request_id: 'r1' });
    await cancel({ request_id: 'r1' }, 'c2');
    await cancel({ request_id: 'nobody' }, 'c3');
    expect([result('c2'), result('c3')]).toEqual([
      expect.objectContaining({ success: false, failure_reason: 'not_found' }),
      expect.objectContaining({ success: false, failure_reason: 'not_found' }),
    ]);
    expect(rig.sent('command.result').filter((each) => each['request_id'] === 'r1')).toHaveLength(1);
  });

  test.each([{}, { request_id: 'r1', more: 'x' }])('refuses the parameters %j, and ends nothing', async (params) => {
    await start();
    await send('odd_work', 'r1');
    await cancel(params);
    expect(results()).toEqual([['c1', false, 'validation_failed']]);
  });

  test('is no command of a hub that did not name it, nor a step of a sequence', async () => {
    await start([]);
    await send('odd_work', 'r1');
    await cancel({ request_id: 'r1' });
    expect(result('c1')).toMatchObject({ failure_reason: 'validation_failed', group: 'unknown' });
    await rig.close();
    await start();
    await rig.deliver(rig.sequence(['odd_work', 'agent_cancel']));
    expect(running).toEqual([]);
    expect(rig.sent('register')[0]?.['commands']).not.toHaveProperty('agent_cancel');
  });

  test('an unsigned one ends nothing', async () => {
    await start();
    await send('odd_work', 'r1');
    await rig.deliver(rig.request('agent_cancel', { request_id: 'r1' }, { hmac: '0'.repeat(64) }));
    expect(results()).toEqual([]);
  });
});
