import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KilledProgram } from '../../test-support/killed-program.ts';
import { readAuditLog, verifyAuditLog } from './verify-audit.ts';

const ROUNDS = 100;
/** Written to at the same time: most of a round is waiting for the child to start. */
const LOGS = 4;
const POINTS = ['before the write', 'in the middle of it', 'before the fsync', 'before the answer'];

/** Appends without end, writes what was answered, and kills itself at a point of the append that it is given. */
const CHILD = `
import { fsyncSync, writeSync } from 'node:fs';
import { openAuditLog } from './audit-log.ts';
const [folder, round, point, last] = process.argv.slice(2);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const clock = { now: () => Date.now(), monotonic: () => performance.now(), after: () => () => {} };
let n = 0;
const dieAt = (here) => { if (n >= Number(last) && here === Number(point)) process.kill(process.pid, 'SIGKILL'); };
const write = (descriptor, text) => {
  dieAt(0);
  const half = Math.trunc(text.length / 2);
  writeSync(descriptor, text.slice(0, half));
  dieAt(1);
  writeSync(descriptor, text.slice(half));
  dieAt(2);
};
const sync = (descriptor) => { fsyncSync(descriptor); dieAt(3); };
const log = openAuditLog({ folder, clock, logger, disk: { write, sync }, maxBytes: 20_000, maxFiles: 1_000 });
for (; ; n += 3) {
  const names = [n, n + 1, n + 2].map((at) => round + '-' + at);
  await Promise.all(names.map(async (name) => {
    await log.append({ kind: 'test.entry', name });
    writeSync(1, name + '\\n');
  }));
}
`;

describe('SEC-244: the audit log after SIGKILL', () => {
  let program: KilledProgram;

  beforeAll(async () => {
    program = await KilledProgram.create(CHILD, import.meta.dirname);
  });
  afterAll(() => program.close());

  it(`is unbroken and holds whatever was answered, in ${ROUNDS} of ${ROUNDS} rounds`, { timeout: 240_000 }, async () => {
    await Promise.all(
      Array.from({ length: LOGS }, (_, at) => killAgainAndAgain(join(program.folder, `audit-${at}`), ROUNDS / LOGS)),
    );
  });

  /** Each round goes on with the log that the last one left. */
  async function killAgainAndAgain(folder: string, rounds: number): Promise<void> {
    const answered: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const [point, last] = [round % POINTS.length, (round % 5) * 3];
      answered.push(...(await program.linesUntilKilled([folder, round, point, last])));
      expect(verifyAuditLog(folder).fault).toBeUndefined();
    }
    const records = [...readAuditLog(folder)].map(({ record }) => record);
    const names = new Set(records.map((record) => record?.['name']));
    expect(answered.filter((name) => !names.has(name))).toEqual([]);
    expect(answered.length).toBeGreaterThan(rounds);
    const torn = readdirSync(folder).filter((name) => name.startsWith('audit.torn-'));
    const inTheMiddle = Array.from({ length: rounds }, (_, round) => round % POINTS.length).filter((point) => point === 1);
    expect(torn).toHaveLength(inTheMiddle.length);
    expect(records.flatMap((record) => (record?.kind === 'audit.recovered' ? record['file'] : []))).toEqual(torn.toSorted());
  }
});
