import { afterEach, describe, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const ack = (type: string, payload: object = {}): string =>
  JSON.stringify({ v: 1, type, id: 'ack', ts: '2026-01-01T12:00:00.000000Z', agent_id: 'node-7', payload });
const forged = (): string => rig.request('demo_mark', {}, { hmac: '0'.repeat(64) });

describe('a hub that means harm', () => {
  test.each([
    ['an object', '{"a":1}'],
    ['null', 'null'],
    ['infinite', '1e400'],
    ['longer than a name', `"${'x'.repeat(1_000)}"`],
  ])(
    'strict = false: a signed message whose id is %s is counted, not run and not echoed; the agent lives on',
    async (_title, id) => {
      rig = await startRig({ kernel: { dialect: 'reference' } });
      const odd = (frame: string): string => frame.replace(/"id":"[^"]*"/u, `"id":${id}`);
      await rig.deliver(odd(forged()));
      await rig.deliver(odd(rig.request('demo_mark')));
      expect(rig.runner.calls).toEqual([]);
      expect(rig.kernel.status.ignored).toEqual({ bad_id: 2 });
      await rig.deliver(rig.request('demo_mark'));
      expect(rig.sent('command.result')).toHaveLength(1);
    },
  );

  test.each(['5', '99999999999999999999'])(
    'strict = false: the id %s is a number; the message runs, and its answer names it as text',
    async (id) => {
      rig = await startRig({ kernel: { dialect: 'reference' } });
      await rig.deliver(rig.request('demo_mark').replace(/"id":"[^"]*"/u, `"id":${id}`));
      expect(rig.sent('command.result')).toEqual([expect.objectContaining({ request_id: id, success: true })]);
    },
  );

  test('SEC-067: one that forges is left for minutes, whatever code it closes with', async () => {
    rig = await startRig();
    rig.link.closesWith = 1000;
    for (let i = 0; i < 11; i += 1) await rig.deliver(forged());
    await rig.clock.advance(290_000);
    expect(rig.transport.links).toHaveLength(1);
    expect(rig.kernel.status.connection.lastError?.message).toContain('too many bad signatures');
  });

  test('SEC-067: one that forges and never closes is dropped, and nothing it still sends is looked at', async () => {
    rig = await startRig();
    rig.link.closesWith = 'never';
    for (let i = 0; i < 11; i += 1) await rig.deliver(forged());
    await rig.deliver(rig.request('demo_mark'));
    expect(rig.runner.calls).toEqual([]);
    await rig.clock.advance(2_001);
    expect(rig.kernel.status.connection.state).toBe('waiting');
  });

  test('D8: one that never answers the close does not keep the agent from ending', async () => {
    rig = await startRig();
    rig.link.closesWith = 'never';
    const closing = rig.kernel.close();
    await rig.clock.advance(1);
    await rig.deliver(rig.request('demo_mark'));
    await rig.clock.advance(2_001);
    await closing;
    expect(rig.runner.calls).toEqual([]);
    expect(rig.clock.pending).toBe(0);
  });

  test('SEC-070: with results.ack an acknowledgement without an id releases nothing', async () => {
    rig = await startRig();
    await rig.deliver(ack('register.ok', { features: ['results.ack'] }));
    await rig.deliver(rig.request('demo_mark', {}, { id: 'r1' }));
    await rig.deliver(ack('command.result.ack'));
    await rig.deliver(ack('command.result.ack', { request_id: 7 }));
    expect(rig.kernel.status.outbox).toEqual({ waiting: 1, lost: 0 });
    expect(rig.kernel.status.ignored).toEqual({ unknown_ack: 2 });
  });

  test('an id cut for an event stays well-formed, or the hub would refuse the batch for ever', async () => {
    rig = await startRig();
    const id = `${'x'.repeat(99)}\u{1f600}`;
    await rig.deliver(JSON.stringify({ ...(JSON.parse(forged()) as object), id }));
    await rig.deliver(rig.request('nope', {}, { id }));
    await rig.clock.advance(1_000);
    const events = rig.sent('events.batch').flatMap((batch) => batch['events'] as { command_ref: string }[]);
    expect(events).toHaveLength(2);
    for (const event of events) expect(event.command_ref.isWellFormed()).toBe(true);
  });

  test('one that takes commands but reads nothing is left before its answers fill the memory', async () => {
    rig = await startRig();
    rig.link.unreadBytes = 65 * 1024 * 1024;
    await rig.deliver(rig.request('demo_mark'));
    await rig.clock.advance(1);
    expect(rig.kernel.status.connection.state).toBe('waiting');
    expect(rig.kernel.status.outbox.waiting).toBe(1);
  });
});
