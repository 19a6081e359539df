import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KilledProgram } from '../../test-support/killed-program.ts';
import { createEventLog } from './event-log.ts';

const ROUNDS = 6;
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const CLOCK = { now: () => 0, monotonic: () => 0 };

/** Records without end, acknowledges a part, and tells of each event that must outlive it. */
const CHILD = `
import { writeSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { createEventLog } from './event-log.ts';
const [path, round] = process.argv.slice(2);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const events = createEventLog({ clock, newId: randomUUID, file: { path, logger } });
for (let n = 0; ; n += 1) {
  events.record({ source: 'test', kind: 'test', round: Number(round), n });
  await Promise.resolve();
  if (n % 7 === 6) events.acknowledge(events.drain().batchId);
  await Promise.resolve();
  writeSync(1, n + (n % 7 === 6 ? ' acknowledged' : ' kept') + '\\n');
}
`;

describe('events after SIGKILL', () => {
  let program: KilledProgram;

  beforeAll(async () => {
    program = await KilledProgram.create(CHILD, import.meta.dirname);
  });
  afterAll(() => program.close());

  it(`H3, H4: are all there and in order, and none that was acknowledged, in ${ROUNDS} of ${ROUNDS} rounds`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const path = join(program.folder, `events-${round}.jsonl`);
      // The kill falls at another point of the work each round.
      const told = await program.linesUntilKilled([path, round], 300 + round * 7_911);
      const acknowledged = told.findLastIndex((line) => line.endsWith('acknowledged'));
      const events = createEventLog({ clock: CLOCK, newId: () => 'x', file: { path, logger: SILENT } });
      const found = (events.drain()?.events ?? []).map((event) => event['n'] as number);
      // One more may have been recorded, or acknowledged, than the child came to tell.
      const from = found[0] ?? acknowledged + 1;
      expect([acknowledged + 1, told.length, told.length + 1]).toContain(from);
      expect(found).toEqual(found.map((_, at) => from + at));
      if (found.length === 0) expect([0, 6]).toContain(told.length % 7);
      else if (from === acknowledged + 1) expect(found.length).toBeGreaterThanOrEqual(told.length - from);
    }
  });
});
