import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accepted } from '../../test-support/acceptance.ts';
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
    if ((await store.claim(name, ts(), { requestId: name, sequenceId: null, steps: [{ command: 'c', group: 'g' }] })) === undefined) writeSync(1, name + '\\n');
  }));
}
`;

describe('SEC-060 a nonce that was acknowledged, after SIGKILL', () => {
  let folder: string;
  let script: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nonces-kill-'));
    script = join(folder, 'child.mjs');
    await build({
      stdin: { contents: CHILD, resolveDir: import.meta.dirname, loader: 'ts' },
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['@stormpulse/source'],
      // The database's native part is found from here, not from the temporary folder.
      define: { 'import.meta.url': JSON.stringify(import.meta.url) },
      logLevel: 'silent',
    });
  });
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it(`is refused by the next start, in ${ROUNDS} of ${ROUNDS} rounds on one file`, async () => {
    const path = join(folder, 'stormpulse.db');
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = spawn(process.execPath, [script, path, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
      children.push(child);
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        // The kill falls at another point of the work each round.
        if (text.length > 300 + round * 911) child.kill('SIGKILL');
      });
      await once(child, 'close');
      expect(child.signalCode).toBe('SIGKILL');
      acknowledged.push(...text.split('\n').slice(0, -1));
    }
    expect(acknowledged.length).toBeGreaterThan(ROUNDS * 30);
    const nowMs = Date.UTC(2026, 0, 1) + ROUNDS * 60_000;
    const store = openNonceStore({ path, clock: { now: () => nowMs }, maxAgeSeconds: 3_600, logger: SILENT });
    const answers = await Promise.all(acknowledged.map((nonce) => store.claim(nonce, BigInt(nowMs) * 1_000n, accepted(nonce))));
    expect(new Set(answers)).toEqual(new Set(['replayed_nonce']));
    expect(await store.claim('another', BigInt(nowMs) * 1_000n, accepted('another'))).toBeUndefined();
    store.close();
  });
});
