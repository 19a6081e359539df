import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessOutcome } from '@stormpulse/kernel';
import signoff, { hatchOf } from '@stormpulse/plugin-signoff';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';

const ROUNDS = 120;
const DONE: ProcessOutcome = { kind: 'exited', exitCode: 0, stdout: '', stderr: '', durationMs: 1, truncated: false };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hatch-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('SEC-154: whenever the hatch is closed, no block begins after that', async () => {
  const config = { state_folder: folder, signoff: { accept_same_user: true, let_running_finish: false } } as const;
  const hatch = hatchOf(config, process.geteuid?.() ?? -1);
  let isClosed = false;
  const begun = { before: 0, after: 0 };
  // On its way it waits for the disk.
  const audit = { append: () => new Promise<void>((resolve) => void setImmediate(resolve)), note: () => undefined };
  const run = (): Promise<ProcessOutcome> => {
    begun[isClosed ? 'after' : 'before'] += 1;
    return Promise.resolve(DONE);
  };
  const entry = {
    name: 'signoff',
    load: () => Promise.resolve(signoff),
    config,
    firstParty: true,
    grants: 'all',
    startup: 'error',
  } as const;
  for (let round = 0; round < ROUNDS; round += 1) {
    isClosed = false;
    hatch.open({ by: 'me', why: '', forMs: 60_000 });
    const rig = await startRig({ run, audit, kernel: { plugins: [entry] } });
    const delivered = rig.deliver(rig.request('run_verify_block', { verify_command: 'true' }));
    for (let turn = 0; turn < round % 12; turn += 1)
      await new Promise<void>((resolve) => void (round % 2 === 0 ? setImmediate(resolve) : queueMicrotask(resolve)));
    hatch.close();
    isClosed = true;
    await delivered;
    expect(rig.sent('command.result')).toHaveLength(1);
    await rig.close();
  }
  expect(begun.after).toBe(0);
  expect(begun.before).toBeGreaterThan(0);
  expect(begun.before).toBeLessThan(ROUNDS);
});
