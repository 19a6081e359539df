import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventBuffer } from './event-buffer.ts';
import { eventRecord } from './event.ts';

const create = (maxEvents?: number): EventBuffer<number | string> =>
  new EventBuffer<number | string>({
    droppedMarker: (dropped) => `dropped ${dropped}`,
    droppedIn: (record) => (typeof record === 'number' ? 0 : Number(record.slice('dropped '.length))),
    ...(maxEvents === undefined ? {} : { maxEvents }),
  });

const fill = (buffer: Pick<EventBuffer<number>, 'append'>, from: number, to: number): void => {
  for (let event = from; event < to; event += 1) buffer.append(event);
};

describe('event buffer', () => {
  test('batches that were not acknowledged come back in the order of recording', () => {
    const buffer = create();
    fill(buffer, 0, 6);
    expect(buffer.drain('a', 2)).toEqual([0, 1]);
    expect(buffer.drain('b', 2)).toEqual([2, 3]);
    expect(buffer.requeue()).toBe(4);
    expect(buffer.drain('c')).toEqual([0, 1, 2, 3, 4, 5]);
    expect(buffer.ack('a')).toBe(false);
    expect(buffer.ack('c')).toBe(true);
  });

  test('the bounds of v1: 4096 waiting, 500 a batch, 32 in flight', () => {
    const buffer = create();
    fill(buffer, 0, 4100);
    expect(buffer.length).toBe(4096);
    const first = buffer.drain('0');
    expect(first.slice(0, 2)).toEqual(['dropped 4', 4]);
    expect(first).toHaveLength(500);
    const many = create();
    for (let batch = 0; batch < 33; batch += 1) {
      many.append(batch);
      many.drain(String(batch));
    }
    expect(many.ack('0')).toBe(false);
    expect(many.ack('1')).toBe(true);
    many.append(99);
    expect(many.drain('last')).toEqual(['dropped 1', 99]);
  });

  test('H2: a marker stands where events were dropped, also behind a batch that comes back', () => {
    const buffer = create(5);
    fill(buffer, 0, 1);
    expect(buffer.drain('a')).toEqual([0]);
    fill(buffer, 1, 7);
    expect(buffer.drain('b', 3)).toEqual(['dropped 1', 2, 3]);
    buffer.drain('c');
    buffer.ack('c');
    buffer.requeue();
    expect(buffer.drain('d')).toEqual([0, 'dropped 1', 2, 3]);
  });

  test('nothing is lost without being counted, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('append' as const), count: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ op: fc.constant('drain' as const), limit: fc.integer({ min: 1, max: 6 }) }),
      fc.record({ op: fc.constant('requeue' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const buffer = new EventBuffer<number>({
          droppedMarker: (dropped) => -dropped,
          droppedIn: (record) => Math.max(0, -record),
          maxEvents: 10,
          maxInFlight: 3,
        });
        let recorded = 0;
        for (const [index, action] of steps.entries()) {
          if (action.op === 'append') fill(buffer, recorded, (recorded += action.count));
          else if (action.op === 'drain') buffer.drain(String(index), action.limit);
          else buffer.requeue();
        }
        expect(buffer.length).toBeLessThanOrEqual(10);
        buffer.requeue();
        const left: number[] = [];
        for (let batch = buffer.drain('end'); batch.length > 0; batch = buffer.drain('end')) left.push(...batch);
        const events = left.filter((item) => item >= 0);
        expect(events).toEqual(events.toSorted((a, b) => a - b));
        expect(new Set(events).size).toBe(events.length);
        // Each marker stands where as many are missing as it tells of.
        let next = 0;
        for (const item of left) {
          if (item >= 0) expect(item).toBe(next);
          next += item < 0 ? -item : 1;
        }
        expect(next).toBe(recorded);
      }),
    );
  });
});

describe('event record', () => {
  test('empty fields are left out, zero and false stay, errors are cut', () => {
    const record = eventRecord(1_772_600_767_089, 'jobs', 'job_result', {
      a: null,
      b: '',
      c: undefined,
      d: 0,
      e: false,
      error: 'E'.repeat(501),
    });
    expect(record).toEqual({
      ts: '2026-03-04T05:06:07.089Z',
      source: 'jobs',
      kind: 'job_result',
      d: 0,
      e: false,
      error: 'E'.repeat(500),
    });
  });

  test('an error is cut between characters', () => {
    expect(eventRecord(0, 's', 'k', { error: '😀'.repeat(501) })['error']).toBe('😀'.repeat(500));
  });
});
