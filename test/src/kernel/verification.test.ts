import { boundRequestId } from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { afterEach, describe, expect, test } from 'vitest';
import { KEY, startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const marks = (): number => rig.runner.calls.length;
const reasons = async (): Promise<unknown[]> => {
  await rig.clock.advance(1_000);
  return rig
    .sent('events.batch')
    .flatMap((batch) => (batch['events'] as Record<string, unknown>[]).map((event) => event['failure_reason'] ?? event['kind']));
};

describe('what may run', () => {
  test('a fresh, signed, listed command runs once and is answered once', async () => {
    rig = await startRig();
    await rig.deliver(rig.request('demo_mark', { a: 'x' }, { id: 'req-1' }));
    expect(rig.runner.calls).toEqual([{ file: '/bin/mark', args: ['x'] }]);
    expect(rig.sent('command.result')).toEqual([
      expect.objectContaining({
        request_id: 'req-1',
        command: 'demo_mark',
        group: 'demo',
        success: true,
        exit_code: 0,
        failure_reason: null,
        sequence_id: null,
      }),
    ]);
  });

  test('SEC-060: the same frame again is refused, with an event and no answer', async () => {
    rig = await startRig();
    const frame = rig.request('demo_mark');
    await rig.deliver(frame);
    await rig.deliver(frame);
    expect(marks()).toBe(1);
    expect(rig.sent('command.result')).toHaveLength(1);
    expect(await reasons()).toEqual(['replayed_nonce']);
  });

  test('SEC-071: between peers that named request.bind an id that does not belong to the nonce is refused, and burns nothing', async () => {
    const ok = (features: string[]): string =>
      JSON.stringify({
        v: 1,
        type: 'register.ok',
        id: 'x',
        ts: '2026-01-01T12:00:00Z',
        agent_id: 'node-7',
        payload: { features },
      });
    rig = await startRig();
    await rig.deliver(rig.request('demo_mark', {}, { id: 'before', nonce: 'n0' }));
    await rig.deliver(ok(['request.bind']));
    await rig.deliver(rig.request('demo_mark', {}, { id: 'swapped', nonce: 'n1' }));
    expect(marks()).toBe(1);
    await rig.deliver(rig.request('demo_mark', {}, { id: boundRequestId(nodeCrypto, 'n1'), nonce: 'n1' }));
    expect(marks()).toBe(2);
    expect(rig.sent('command.result').map((result) => result['request_id'])).toEqual([
      'before',
      boundRequestId(nodeCrypto, 'n1'),
    ]);
    expect(await reasons()).toEqual(['wrong_request_id']);
  });

  test.each([
    ['SEC-057: one byte of the command changed', (frame: string) => frame.replace('"demo_mark"', '"demo_marl"'), 'bad_signature'],
    ['SEC-057: one byte of a value changed', (frame: string) => frame.replace('"a":"x"', '"a":"y"'), 'bad_signature'],
    [
      'SEC-057: the signature in upper case',
      (frame: string) => frame.replace(/"hmac":"(\w+)"/, (_, hex: string) => `"hmac":"${hex.toUpperCase()}"`),
      'bad_signature',
    ],
    ['SEC-057: a signature of 63 digits', (frame: string) => frame.replace(/"hmac":"\w/, '"hmac":"'), 'bad_signature'],
    [
      'SEC-053: another agent named',
      (frame: string) => frame.replace('"agent_id":"node-7"', '"agent_id":"node-8"'),
      'wrong_agent',
    ],
    ['SEC-053: a number among the params', (frame: string) => frame.replace('"a":"x"', '"a":1'), 'param_not_a_string'],
    ['SEC-053: a nonce over two lines', (frame: string) => frame.replace(/"nonce":"/, '"nonce":"a\\n'), 'bad_nonce'],
  ])('%s: refused', async (_title, change, reason) => {
    rig = await startRig();
    await rig.deliver(change(rig.request('demo_mark', { a: 'x' })));
    expect(marks()).toBe(0);
    expect(rig.sent('command.result')).toEqual([]);
    expect(await reasons()).toEqual([reason]);
  });

  test.each([
    [5, undefined],
    [5.001, 'future_dated'],
    [-60, undefined],
    [-60.001, 'too_old'],
    [-3_600, 'too_old'],
  ])('SEC-059: dated %d s from now', async (shift, reason) => {
    rig = await startRig();
    await rig.deliver(rig.request('demo_mark', {}, { shift }));
    expect(marks()).toBe(reason === undefined ? 1 : 0);
    expect(await reasons()).toEqual(reason === undefined ? [] : [reason]);
  });

  test('SEC-054: parameters with a second reading under one signature are refused', async () => {
    rig = await startRig();
    const split = JSON.parse(rig.request('demo_mark', { a: 'x', b: 'y' })) as { payload: { params: object } };
    split.payload.params = { a: 'x&b=y' };
    await rig.deliver(JSON.stringify(split));
    expect(marks()).toBe(0);
    expect(await reasons()).toEqual(['ambiguous_params']);
  });

  test('SEC-058: a forged message does not burn the nonce of the true one', async () => {
    rig = await startRig();
    const frame = rig.request('demo_mark', {}, { nonce: 'n'.repeat(43) });
    await rig.deliver(frame.replace(/"hmac":"\w{4}/, '"hmac":"0000'));
    await rig.deliver(frame);
    expect(marks()).toBe(1);
    expect(await reasons()).toEqual(['bad_signature']);
  });

  test('SEC-066: a store that cannot be written refuses, and the agent lives on', async () => {
    rig = await startRig();
    rig.nonces.refuseWith('nonce_store_fault');
    await rig.deliver(rig.request('demo_mark'));
    rig.nonces.refuseWith(undefined);
    await rig.deliver(rig.request('demo_mark'));
    expect(marks()).toBe(1);
    expect(await reasons()).toEqual(['nonce_store_fault']);
  });

  test('SEC-067: more than ten bad signatures in a minute close the connection, and it backs off for minutes', async () => {
    rig = await startRig();
    const link = rig.link;
    for (let i = 0; i < 11; i += 1) await rig.deliver(rig.request('demo_mark', {}, { hmac: '0'.repeat(64) }));
    expect(link.closedWith).toBe(1008);
    await rig.clock.advance(290_000);
    expect(rig.transport.links).toHaveLength(1);
    await rig.clock.advance(620_000);
    expect(rig.transport.links).toHaveLength(2);
  });

  test('D1: strict = false relaxes the agent id, never the signature, the nonce or the ambiguity rule', async () => {
    rig = await startRig({ kernel: { dialect: 'reference', hmacKey: KEY } });
    await rig.deliver(rig.request('demo_mark', {}, { agentId: 'someone-else' }));
    expect(marks()).toBe(1);
    const frame = rig.request('demo_mark');
    await rig.deliver(frame);
    await rig.deliver(frame);
    await rig.deliver(rig.request('demo_mark', {}, { hmac: '0'.repeat(64) }));
    expect(marks()).toBe(2);
    expect(await reasons()).toEqual(['replayed_nonce', 'bad_signature']);
  });
});

describe('bad frames', () => {
  test.each([
    ['garbage', 'nope{{{'],
    ['an array', '[1,2]'],
    ['deep nesting', '['.repeat(100_000)],
    ['an unknown type', '{"v":1,"type":"ping","id":"1","ts":"2026-01-01T00:00:00Z","agent_id":"node-7","payload":{}}'],
    [
      'a duplicate key',
      '{"v":1,"type":"command.request","type":"command.request","id":"1","ts":"2026-01-01T12:00:00Z","agent_id":"node-7","payload":{}}',
    ],
    [
      'a polluting key',
      '{"v":1,"type":"error","id":"1","ts":"2026-01-01T12:00:00Z","agent_id":"node-7","payload":{"__proto__":{"x":1}}}',
    ],
    ["an agent's own type", '{"v":1,"type":"register","id":"1","ts":"2026-01-01T12:00:00Z","agent_id":"node-7","payload":{}}'],
  ])('D3, SEC-050 to 052: %s is counted, never answered, and the connection stays', async (_title, frame) => {
    rig = await startRig();
    const before = rig.link.sent.length;
    await rig.deliver(frame);
    rig.link.deliver(new Uint8Array([0xff, 0xfe, 0x00]));
    expect(rig.link.sent.length).toBe(before);
    expect(rig.link.closedWith).toBeUndefined();
    expect(Object.values(rig.kernel.status.ignored).reduce((sum, n) => sum + n, 0)).toBe(2);
    expect(({} as { x?: number }).x).toBeUndefined();
    await rig.deliver(rig.request('demo_mark'));
    expect(marks()).toBe(1);
  });
});
