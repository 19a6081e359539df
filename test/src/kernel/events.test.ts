import type { AuditLog } from '@stormpulse/kernel';
import { afterEach, describe, expect, test } from 'vitest';
import { AGENT, startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const ack = (type: string, payload: object = {}): string =>
  JSON.stringify({ v: 1, type, id: 'x', ts: '2026-01-01T12:00:00Z', agent_id: AGENT, payload });
const batches = (): Record<string, unknown>[][] =>
  rig.sent('events.batch').map((batch) => batch['events'] as Record<string, unknown>[]);

describe('events', () => {
  test('what happens while the hub is away is recorded with its own time and reason, and sent in order', async () => {
    rig = await startRig();
    rig.link.close(1012, 'restart');
    rig.transport.refuse(new Error('nobody there'));
    await rig.clock.advance(20_000);
    const back = rig.clock.now();
    rig.transport.refuse();
    await rig.clock.advance(100_000);
    const [events = []] = batches();
    expect(events.slice(0, 2)).toMatchObject([
      { kind: 'reconnect', reason: 'Connection closed', error: expect.stringContaining('restart') as string },
      { kind: 'reconnect', reason: 'Unexpected error', error: 'nobody there' },
    ]);
    const times = events.map((event) => Date.parse(String(event['ts'])));
    expect(new Set(times).size).toBe(times.length);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[1]).toBeLessThan(back);
  });

  test('H4: an event has an id for a hub that named events.id, the same with each delivery; v1 sees none', async () => {
    rig = await startRig();
    const forge = (): Promise<void> => rig.deliver(rig.request('demo_mark', {}, { hmac: '0'.repeat(64) }));
    await forge();
    await rig.clock.advance(1_000);
    expect(batches()[0]?.[0]).not.toHaveProperty('id');
    await rig.deliver(ack('register.ok', { features: ['events.id'] }));
    await forge();
    await rig.clock.advance(1_000);
    const [, [first = {}] = []] = batches();
    expect(first['id']).toMatch(/./u);
    rig.link.close(1012);
    // As soon as it is registered again, the agent sends what waits; the hub has not named its features yet.
    await rig.clock.advance(31_000);
    expect(batches()[2]?.[0]).not.toHaveProperty('id');
  });

  test('SEC-240, SEC-243: every refusal reaches the audit log, which decides how it is told', async () => {
    const refused: unknown[] = [];
    const audit: AuditLog = {
      append: () => Promise.resolve(),
      note: () => undefined,
      refused: (refusal) => void refused.push(refusal),
    };
    rig = await startRig({ audit });
    await rig.deliver(rig.request('demo_mark', {}, { hmac: '0'.repeat(64), id: 'r-1' }));
    rig.nonces.refuseWith('clock_rollback');
    await rig.deliver(rig.request('demo_mark', {}, { id: 'r-2' }));
    expect(refused).toMatchObject([
      { reason: 'bad_signature', commandRef: 'r-1' },
      { reason: 'clock_rollback', commandRef: 'r-2' },
    ]);
  });
});
