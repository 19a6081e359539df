import type { EventLog } from '@stormpulse/kernel';
import { beforeEach, describe, expect, it } from 'vitest';
import { createEventLog } from './event-log.ts';

const NOW_MS = Date.UTC(2026, 2, 4, 5, 6, 7, 89);

describe('createEventLog', () => {
  let events: EventLog;

  beforeEach(() => {
    let id = 0;
    events = createEventLog({ clock: { now: () => NOW_MS }, newId: () => `batch-${(id += 1)}` });
  });
  const record = (n: number): void => events.record({ source: 'ws', kind: 'reconnect', n });
  const numbers = (): unknown[] | undefined =>
    events.drain()?.events.map((event) => event['n'] ?? `dropped ${String(event['dropped'])}`);

  it('stamps an event with UTC milliseconds and leaves out what is empty (wire page, 10.1; H7)', () => {
    events.record({ source: 'auth', kind: 'signature_failure', status: 'refused', error: '', n: 0, command_ref: undefined });
    expect(events.drain()).toEqual({
      batchId: 'batch-1',
      events: [{ ts: '2026-03-04T05:06:07.089Z', source: 'auth', kind: 'signature_failure', status: 'refused', n: 0 }],
    });
  });

  it('cuts an error text to 500 characters (H6)', () => {
    events.record({ source: 'ws', kind: 'reconnect', error: 'x'.repeat(10_000) });
    expect(events.drain()?.events[0]?.['error']).toHaveLength(500);
  });

  it('has nothing to send when nothing happened', () => {
    expect(events.drain()).toBeUndefined();
  });

  it('sends 1201 events as 500, 500, 201 (H1)', () => {
    for (let n = 0; n < 1_201; n += 1) record(n);
    expect([numbers()?.length, numbers()?.length, numbers()?.length, numbers()]).toEqual([500, 500, 201, undefined]);
  });

  it('tells first how many were lost (H2)', () => {
    for (let n = 0; n < 4_100; n += 1) record(n);
    const first = numbers();
    expect(first?.slice(0, 2)).toEqual(['dropped 4', 4]);
    expect(first).toHaveLength(500);
  });

  it('sends an acknowledged batch never again, an unacknowledged one under a new id, in order (H3, H4)', () => {
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

  it('SEC-070 knows no batch twice, and none it did not send', () => {
    record(0);
    const batch = events.drain();
    expect(events.acknowledge(batch?.batchId ?? '')).toBe(true);
    expect(events.acknowledge(batch?.batchId ?? '')).toBe(false);
    expect(events.acknowledge('forged')).toBe(false);
  });

  it('keeps at most 32 batches and 4096 events for a hub that never acknowledges (H5)', () => {
    for (let n = 0; n < 500 * 40; n += 1) {
      record(n);
      if (n % 500 === 499) events.drain();
    }
    for (let n = 0; n < 5_000; n += 1) record(n);
    events.requeue();
    let total = 0;
    for (let batch = events.drain(); batch !== undefined; batch = events.drain()) total += batch.events.length;
    expect(total).toBeLessThanOrEqual(4_096 + 1);
  });
});
