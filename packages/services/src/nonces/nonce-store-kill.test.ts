import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from '../../test-support/acceptance.ts';
import { KilledProgram } from '../../test-support/killed-program.ts';
import { openNonceStore } from './open-nonce-store.ts';

const ROUNDS = 6;
const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Claims without end and writes each nonce once it may be acted on. */
const CHILD = `
import { writeSync } from 'node:fs';
import { openNonceStore } from './open-nonce-store.ts';
const [path, round] = process.argv.slice(2);
const logger = { debug() {}, info() {}, warn() {}, error() {} };
let beginMs = Date.UTC(2026, 0, 1) + Number(round) * 60_000;
const now = () => beginMs + performance.now();
const store = openNonceStore({ path, clock: { now }, maxAgeSeconds: 3600, logger });
// Past the floor of the first start.
beginMs += 10_000;
const ts = () => BigInt(Math.trunc(now())) * 1000n;
for (let at = 0; ; at += 8) {
  const names = Array.from({ length: 8 }, (_, more) => round + '-' + (at + more));
  await Promise.all(names.map(async (name) => {
    if ((await store.claim(name, ts(), now(), { requestId: name, sequenceId: null, steps: [{ command: 'c', group: 'g' }] })) === undefined) writeSync(1, name + '\\n');
  }));
}
`;

describe('SEC-060 a nonce that was acknowledged, after SIGKILL', () => {
  let program: KilledProgram;

  beforeAll(async () => {
    program = await KilledProgram.create(CHILD, import.meta.dirname);
  });
  afterAll(() => program.close());

  it(`is refused by the next start, in ${ROUNDS} of ${ROUNDS} rounds on one file`, async () => {
    const path = join(program.folder, 'stormpulse.db');
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      // The kill falls at another point of the work each round.
      acknowledged.push(...(await program.linesUntilKilled([path, round], 300 + round * 911)));
    }
    expect(acknowledged.length).toBeGreaterThan(ROUNDS * 30);
    const nowMs = Date.UTC(2026, 0, 1) + ROUNDS * 60_000;
    const store = openNonceStore({ path, clock: { now: () => nowMs }, maxAgeSeconds: 3_600, logger: SILENT });
    const answers = await Promise.all(
      acknowledged.map((nonce) => store.claim(nonce, BigInt(nowMs) * 1_000n, nowMs, accepted(nonce))),
    );
    expect(new Set(answers)).toEqual(new Set(['replayed_nonce']));
    expect(await store.claim('another', BigInt(nowMs) * 1_000n, nowMs, accepted('another'))).toBeUndefined();
    store.close();
  });
});
