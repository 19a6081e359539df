import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventLog } from '@stormpulse/kernel';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEventLog } from './event-log.ts';

describe('events that outlive the agent', () => {
  let folder: string;
  let path: string;
  let nowMs: number;
  let logged: string[];
  let ids = 0;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'events-'));
    path = join(folder, 'events.jsonl');
    nowMs = Date.UTC(2026, 0, 1);
    logged = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const start = (): EventLog => {
    const say = (_fields: object | string, text = ''): void => void logged.push(text);
    const logger = { debug: () => undefined, info: say, warn: say, error: say };
    const clock = { now: () => nowMs, monotonic: () => nowMs };
    return createEventLog({ clock, newId: () => `0000-${String((ids += 1)).padStart(12, '0')}`, file: { path, logger } });
  };
  const record = (events: EventLog, ...numbers: number[]): void => {
    for (const n of numbers) events.record({ source: 'ws', kind: 'reconnect', n });
  };
  /** The file is written at the end of the turn. */
  const turn = (): Promise<void> => Promise.resolve();
  const all = (events: EventLog, withIds = false): Readonly<Record<string, unknown>>[] => {
    const found: Readonly<Record<string, unknown>>[] = [];
    for (let batch = events.drain(withIds); batch !== undefined; batch = events.drain(withIds)) found.push(...batch.events);
    return found;
  };
  const numbers = (events: EventLog): unknown[] =>
    all(events).map((event) => event['n'] ?? `dropped ${String(event['dropped'])}`);

  it('H4: what was not acknowledged is sent again after a start, in order, with its own time and id', async () => {
    const first = start();
    record(first, 0, 1);
    const sent = first.drain(true);
    nowMs += 5_000;
    record(first, 2);
    await turn();
    nowMs += 60_000;
    const events = all(start(), true);
    expect(events.map((event) => event['n'])).toEqual([0, 1, 2]);
    expect(events.slice(0, 2)).toEqual(sent?.events);
    expect(events[2]?.['ts']).toBe('2026-01-01T00:00:05.000Z');
  });

  it('H3: what was acknowledged is not, also in the middle, and the file does not keep it', async () => {
    const first = start();
    record(first, 0);
    first.drain();
    record(first, 1);
    const middle = first.drain();
    record(first, 2);
    first.acknowledge(middle?.batchId ?? '');
    await turn();
    const second = start();
    expect(numbers(second)).toEqual([0, 2]);
    second.requeue();
    second.acknowledge(second.drain()?.batchId ?? '');
    await turn();
    expect(statSync(path).size).toBe(0);
    expect(numbers(start())).toEqual([]);
  });

  it('H2: a start keeps the newest 4096 too, tells of the dropped ones in their place, and again with the next start', async () => {
    const first = start();
    for (let n = 0; n < 4_100; n += 1) record(first, n);
    await turn();
    expect(numbers(start()).slice(0, 2)).toEqual(['dropped 4', 4]);
    const third = start();
    expect(third.drain()?.events[0]).toMatchObject({ kind: 'dropped_events', dropped: 4 });
    record(third, 4_100);
    await turn();
    expect(numbers(start()).slice(0, 2)).toEqual(['dropped 5', 5]);
  });

  it('H5: the file is bounded for a hub that never acknowledges', async () => {
    const events = start();
    for (let round = 0; round < 8; round += 1) {
      for (let n = 0; n < 3_000; n += 1) events.record({ source: 'ws', kind: 'reconnect', error: 'x'.repeat(500) });
      await turn();
    }
    expect(statSync(path).size).toBeLessThan(3 * 4_100 * 700 + 1024 * 1024);
  });

  it('H3, H4: whatever happened in between, a start has what was not acknowledged, all of it and in order', async () => {
    const step = fc.constantFrom('record', 'drain', 'acknowledge oldest', 'acknowledge newest', 'requeue', 'start');
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        rmSync(path, { force: true });
        let events = start();
        let recorded = 0;
        let inFlight: { readonly batchId: string; readonly numbers: unknown[] }[] = [];
        const done = new Set<unknown>();
        for (const action of steps) {
          if (action === 'record') record(events, ...Array.from({ length: 3 }, () => (recorded += 1)));
          else if (action === 'drain') {
            const batch = events.drain();
            if (batch !== undefined) inFlight.push({ batchId: batch.batchId, numbers: batch.events.map((event) => event['n']) });
          } else if (action === 'requeue') {
            events.requeue();
            inFlight = [];
          } else if (action === 'start') {
            await turn();
            events = start();
            inFlight = [];
          } else {
            const batch = action === 'acknowledge oldest' ? inFlight.shift() : inFlight.pop();
            expect(events.acknowledge(batch?.batchId ?? 'none')).toBe(batch !== undefined);
            for (const n of batch?.numbers ?? []) done.add(n);
          }
        }
        await turn();
        const left = Array.from({ length: recorded }, (_, at) => at + 1).filter((n) => !done.has(n));
        expect(numbers(start())).toEqual(left);
      }),
      { numRuns: 60 },
    );
  });

  it('a new run gives no id that an earlier one gave', async () => {
    const first = start();
    record(first, 0);
    const [sent] = first.drain(true)?.events ?? [];
    // As after a power cut: the event was sent, and the file never had it.
    rmSync(path);
    const second = start();
    record(second, 0);
    expect(second.drain(true)?.events[0]?.['id']).not.toBe(sent?.['id']);
  });

  it('a torn or foreign line is left out and told; the others are kept', async () => {
    const first = start();
    record(first, 0, 1);
    await turn();
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, `{"n":"x"}\n\u0000\u0000\n${text}{"n":2,"to":2,"id":"a-2","dro`);
    expect(numbers(start())).toEqual([0, 1]);
    expect(logged).toContain('lines of the events file could not be read; the others were');
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('is for its owner alone, and no link leads it elsewhere', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'untouched');
    symlinkSync(victim, path);
    record(start(), 0);
    await turn();
    expect(readFileSync(victim, 'utf8')).toBe('untouched');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(numbers(start())).toEqual([0]);
  });

  it('SEC-184: on a disk that refuses, events go on in memory, told once, and are kept once it takes them', async () => {
    mkdirSync(path);
    const events = start();
    record(events, 0);
    await turn();
    record(events, 1);
    await turn();
    expect(logged.filter((text) => text.startsWith('events cannot be kept'))).toHaveLength(1);
    rmdirSync(path);
    nowMs += 61_000;
    record(events, 2);
    await turn();
    expect(logged.at(-1)).toBe('the events file can be written again');
    expect(numbers(start())).toEqual([0, 1, 2]);
    expect(numbers(events)).toEqual([0, 1, 2]);
  });

  it('writes once a turn, whatever came in it', async () => {
    const events = start();
    record(events, 0, 1, 2);
    expect(statSync(path).size).toBe(0);
    await turn();
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(4);
  });
});
