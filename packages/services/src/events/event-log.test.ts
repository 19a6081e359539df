import type { EventLog } from '@stormpulse/kernel';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEventLog } from './event-log.ts';

const NOW_MS = Date.UTC(2026, 2, 4, 5, 6, 7, 89);

describe('createEventLog', () => {
  let events: EventLog;

  beforeEach(() => {
    let id = 0;
    events = createEventLog({ clock: { now: () => NOW_MS, monotonic: () => 0 }, newId: () => `batch-${(id += 1)}` });
  });
  const record = (n: number): void => events.record({ source: 'ws', kind: 'reconnect', n });
  const numbers = (): unknown[] | undefined =>
    events.drain()?.events.map((event) => event['n'] ?? `dropped ${String(event['dropped'])}`);

  it('H7: stamps an event with UTC milliseconds and leaves out what is empty', () => {
    events.record({
      source: 'auth',
      kind: 'signature_failure',
      status: 'refused',
      error: '',
      n: 0,
      command_ref: undefined,
      ok: false,
    });
    expect(events.drain()?.events).toEqual([
      { ts: '2026-03-04T05:06:07.089Z', source: 'auth', kind: 'signature_failure', status: 'refused', n: 0, ok: false },
    ]);
  });

  it('H6: cuts an error text to 500 characters', () => {
    events.record({ source: 'ws', kind: 'reconnect', error: 'x'.repeat(10_000) });
    expect(events.drain()?.events[0]?.['error']).toHaveLength(500);
  });

  it('has nothing to send when nothing happened', () => {
    expect(events.drain()).toBeUndefined();
  });

  it('H1: sends 1201 events as 500, 500, 201', () => {
    for (let n = 0; n < 1_201; n += 1) record(n);
    expect([numbers()?.length, numbers()?.length, numbers()?.length, numbers()]).toEqual([500, 500, 201, undefined]);
  });

  it('H2: tells first how many were lost', () => {
    for (let n = 0; n < 4_100; n += 1) record(n);
    const first = numbers();
    expect(first?.slice(0, 2)).toEqual(['dropped 4', 4]);
    expect(first).toHaveLength(500);
  });

  it('H3, H4: sends an acknowledged batch never again, an unacknowledged one under a new id, in order', () => {
    record(0);
    record(1);
    const first = events.drain();
    record(2);
    const second = events.drain();
    record(3);
    events.drain();
    expect(events.acknowledge(second?.batchId ?? '')).toBe(true);
    events.requeue();
    record(4);
    const again = events.drain();
    expect(again?.events.map((event) => event['n'])).toEqual([0, 1, 3, 4]);
    expect(again?.batchId).not.toBe(first?.batchId);
  });

  it('gives an event one id however often it is sent, and none to a hub that did not ask', () => {
    record(0);
    record(0);
    const ids = (): unknown[] | undefined => events.drain(true)?.events.map((event) => event['id']);
    const first = ids();
    expect(new Set(first).size).toBe(2);
    events.requeue();
    expect(ids()).toEqual(first);
    events.requeue();
    expect(events.drain()?.events[0]).not.toHaveProperty('id');
  });

  it('SEC-070 knows no batch twice, and none it did not send', () => {
    record(0);
    const batch = events.drain();
    expect(events.acknowledge(batch?.batchId ?? '')).toBe(true);
    expect(events.acknowledge(batch?.batchId ?? '')).toBe(false);
    expect(events.acknowledge('forged')).toBe(false);
  });

  it('H5: keeps at most 32 batches and 4096 events for a hub that never acknowledges, and counts the rest', () => {
    let recorded = 0;
    for (; recorded < 500 * 40; recorded += 1) {
      record(recorded);
      if (recorded % 500 === 499) events.drain();
    }
    for (let n = 0; n < 5_000; n += 1) record((recorded += 1));
    events.requeue();
    const left: unknown[] = [];
    for (let batch = numbers(); batch !== undefined; batch = numbers()) left.push(...batch);
    expect(left).toHaveLength(4_096 + 1);
    expect(left[0]).toBe(`dropped ${500 * 40 + 5_000 - 4_096}`);
  });
});
