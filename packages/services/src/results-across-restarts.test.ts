import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResultOutbox } from '@stormpulse/kernel';
import type { Payloads } from '@stormpulse/protocol';
import { openDatabase } from '@stormpulse/sqlite';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accepted } from '../test-support/acceptance.ts';
import { KilledProgram } from '../test-support/killed-program.ts';
import { openNonceStore } from './nonces/open-nonce-store.ts';
import type { NonceDatabase } from './nonces/nonce-store.ts';
import { createResultOutbox } from './results/result-outbox.ts';

type Result = Payloads['command.result'];

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const BEGIN_MS = Date.UTC(2026, 0, 1);

const result = (request_id: string, stdout = ''): Result => ({
  request_id,
  command: 'demo_mark',
  group: 'demo',
  success: true,
  exit_code: 0,
  stdout,
  stderr: '',
  duration_ms: 1,
  sequence_id: null,
  failure_reason: null,
});

let folder: string;
let path: string;
let nowMs: number;
const opened: NonceDatabase[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'results-'));
  path = join(folder, 'stormpulse.db');
  nowMs = BEGIN_MS;
});
afterEach(() => {
  opened.splice(0).forEach((store) => store.close());
  rmSync(folder, { recursive: true, force: true });
});

/** An agent's stores, as one start of it has them. */
function start(): { readonly nonces: NonceDatabase; readonly outbox: ResultOutbox; readonly sent: Result[] } {
  const nonces = openNonceStore({ path, clock: { now: () => nowMs }, maxAgeSeconds: 60, logger: SILENT });
  opened.push(nonces);
  nowMs += 10_000;
  const outbox = createResultOutbox({
    store: nonces.results,
    clock: { now: () => nowMs, after: () => () => undefined },
    events: { record: () => undefined },
    logger: SILENT,
  });
  const sent: Result[] = [];
  outbox.attach((entry) => sent.push(entry) > 0);
  outbox.acknowledgesById();
  return { nonces, outbox, sent };
}

const claim = (nonces: NonceDatabase, nonce: string, commands?: readonly string[], sequenceId?: string) =>
  nonces.claim(nonce, BigInt(nowMs) * 1_000n, nowMs, accepted(`r-${nonce}`, commands, sequenceId));

describe('SEC-069: what was accepted has one result, whatever ends the agent', () => {
  it('an accepted command without a result is interrupted, once, and never runs again', async () => {
    expect(await claim(start().nonces, 'n1')).toBeUndefined();
    const second = start();
    expect(second.sent).toEqual([
      expect.objectContaining({
        request_id: 'r-n1',
        command: 'demo_mark',
        group: 'demo',
        success: false,
        failure_reason: 'interrupted',
      }),
    ]);
    expect(await claim(second.nonces, 'n1')).toBe('replayed_nonce');
    expect(start().sent).toEqual(second.sent);
  });

  it('one that has its result is not interrupted, before and after the hub has it', async () => {
    const first = start();
    await claim(first.nonces, 'n1');
    first.outbox.add(result('r-n1', 'done'), { nonce: 'n1', ended: true });
    first.outbox.flush();
    const second = start();
    expect(second.sent).toEqual([result('r-n1', 'done')]);
    expect(second.outbox.acknowledge('r-n1')).toBe(true);
    second.outbox.close();
    expect(start().sent).toEqual([]);
  });

  it('of a sequence the step that ran is interrupted; those before keep their results, those after get none', async () => {
    const first = start();
    await claim(first.nonces, 'n1', ['demo_a', 'demo_b', 'demo_c'], 'deploy-1');
    first.outbox.add({ ...result('step-1'), command: 'demo_a', sequence_id: 'deploy-1' }, { nonce: 'n1', ended: false });
    first.outbox.flush();
    expect(start().sent.map((each) => [each.command, each.sequence_id, each.failure_reason])).toEqual([
      ['demo_a', 'deploy-1', null],
      ['demo_b', 'deploy-1', 'interrupted'],
    ]);
  });

  it('a sequence that never began has one result, of its first step', async () => {
    await claim(start().nonces, 'n1', ['demo_a', 'demo_b'], 'deploy-1');
    const { sent } = start();
    expect(sent.map((each) => each.command)).toEqual(['demo_a']);
    expect(sent[0]?.request_id).not.toBe('r-n1');
  });

  it('a claim and its acceptance are both on disk, or neither', async () => {
    const { nonces } = start();
    await claim(nonces, 'n0');
    const database = openDatabase(path);
    database.exec("CREATE TRIGGER t AFTER INSERT ON agent_acceptances BEGIN SELECT RAISE(ABORT, 'no'); END");
    expect(await claim(nonces, 'n1')).toBe('nonce_store_fault');
    expect(database.prepare('SELECT nonce FROM seen_nonces').all()).toEqual([{ nonce: 'n0' }]);
    database.close();
  });

  it('output with NUL and text that is no text is given back as it was', async () => {
    const first = start();
    await claim(first.nonces, 'n1');
    const odd = result('r-n1', 'a\u0000b\u{1f600}\u2028"\\');
    first.outbox.add(odd, { nonce: 'n1', ended: true });
    first.outbox.flush();
    expect(start().sent).toEqual([odd]);
  });

  it('what somebody wrote into the tables is left out, and the agent starts', async () => {
    await claim(start().nonces, 'n1');
    const database = openDatabase(path);
    database.exec(`UPDATE agent_acceptances SET body = 'null';
      INSERT INTO agent_results (at, sends, body) VALUES (1, 0, x'7b7d'), (1, 0, 'text'), (1, 0, x'ff')`);
    database.close();
    const { sent, nonces } = start();
    expect(sent).toEqual([]);
    expect(await claim(nonces, 'n2')).toBeUndefined();
  });
});

it('SEC-065: results take no room from the nonces', async () => {
  const first = start();
  await claim(first.nonces, 'n1');
  for (let at = 0; at < 60; at += 1)
    first.outbox.add(result(`r${at}`, '\u2028'.repeat(500_000)), { nonce: `x${at}`, ended: true });
  first.outbox.flush();
  const second = start();
  expect(second.sent).toHaveLength(61);
  expect(await claim(second.nonces, 'n2')).toBeUndefined();
});

it('SEC-066: a failure that stays while a result is written stops commands too', async () => {
  let broken = false;
  const store = openNonceStore({
    path,
    clock: { now: () => nowMs },
    maxAgeSeconds: 60,
    logger: SILENT,
    open: (...args) => {
      const database = openDatabase(...args);
      const transaction = <T>(work: () => T): T => {
        if (broken) throw Object.assign(new Error('disk I/O error'), { code: 'io' });
        return database.transaction(work);
      };
      return { ...database, transaction };
    },
  });
  opened.push(store);
  nowMs += 10_000;
  broken = true;
  expect(() => store.results.save({ results: [], claims: [], sends: [], gone: [1] })).toThrow('disk I/O error');
  broken = false;
  expect(await claim(store, 'n1')).toBe('nonce_store_fault');
  expect(() => store.results.save({ results: [], claims: [], sends: [], gone: [1] })).toThrow(/restart the agent/u);
});

/** Claims, and writes results for some; says each thing once it is on disk, and is killed at any point. */
const CHILD = `
import { writeSync } from 'node:fs';
import { openNonceStore } from './nonces/open-nonce-store.ts';
import { createResultOutbox } from './results/result-outbox.ts';
const [path, beginMs] = process.argv.slice(2);
const say = (text) => writeSync(1, text + '\\n');
const logger = { debug() {}, info() {}, warn() {}, error() {} };
let ahead = 0;
const now = () => Number(beginMs) + ahead + performance.now();
const nonces = openNonceStore({ path, clock: { now }, maxAgeSeconds: 3600, logger });
ahead = 10_000;
const outbox = createResultOutbox({ store: nonces.results, clock: { now, after: () => () => {} }, events: { record() {} }, logger });
outbox.attach((entry) => { say('sent ' + entry.request_id + ' ' + entry.stdout); return true; });
outbox.acknowledgesById();
for (let at = 0; at < 200; at += 1) {
  const id = beginMs + '-' + at;
  const acceptance = { requestId: id, sequenceId: null, steps: [{ command: 'demo_mark', group: 'demo' }] };
  if ((await nonces.claim(id, BigInt(Math.trunc(now())) * 1000n, now(), acceptance)) !== undefined) continue;
  say('accepted ' + id);
  if (at % 3 === 2) continue;
  outbox.add(
    { request_id: id, command: 'demo_mark', group: 'demo', success: true, exit_code: 0, stdout: 'final', stderr: '', duration_ms: 1, sequence_id: null, failure_reason: null },
    { nonce: id, ended: true },
  );
}
setInterval(() => {}, 1_000);
`;

describe('SEC-069: after SIGKILL', () => {
  const ROUNDS = 5;
  let program: KilledProgram;

  beforeAll(async () => {
    program = await KilledProgram.create(CHILD, import.meta.dirname);
  });
  afterAll(() => program.close());

  it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
    'round %i: every accepted command has one result; a final one that was sent is never interrupted',
    async (round) => {
      // The kill falls at another point of the work each round.
      const lines = await program.linesUntilKilled([path, nowMs], 400 + round * 977);
      const told = (word: string): string[] =>
        lines.filter((line) => line.startsWith(word)).map((line) => line.split(' ')[1] ?? '');
      nowMs += 600_000;
      const { sent } = start();
      const ids = sent.map((each) => each.request_id);
      expect(new Set(ids).size).toBe(ids.length);
      const accepted = told('accepted');
      expect(accepted.length).toBeGreaterThan(3);
      expect(ids).toEqual(expect.arrayContaining(accepted));
      const final = new Set(sent.filter((each) => each.failure_reason === null).map((each) => each.request_id));
      expect([...final]).toEqual(expect.arrayContaining(told('sent')));
      for (const each of sent) expect([null, 'interrupted']).toContain(each.failure_reason);
      expect(sent.some((each) => each.failure_reason === 'interrupted')).toBe(true);
    },
  );
});
