import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conformance, createHarness } from '@stormpulse/sdk/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import plugin, { hatchOf } from '../src/index.ts';

const pkg = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { name: string; version: string };
/** The hatch is looked at with each push. */
const A_PUSH_MS = 15_000;
const signoff = { accept_same_user: true, let_running_finish: false };

describe('conformance', () => {
  conformance(plugin, {
    // A folder that nobody has: closed.
    config: { state_folder: '/nonexistent/stormpulse', signoff },
    pkg,
    folder: new URL('../', import.meta.url),
    example: (toml) => ({ state_folder: '/nonexistent/stormpulse', signoff: toml['signoff'] }),
    // Beside the database, where v1 looks for it.
    wizard: { files: ['/nonexistent/stormpulse/signoff.sealed'] },
    params: { 'verify-block': { verify_command: 'true' }, 'apply-block': { apply_command: 'true' } },
  });
});

describe('on a host', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'signoff-'));
  });
  afterEach(() => {
    vi.useRealTimers();
    rmSync(folder, { recursive: true, force: true });
  });

  const config = (more: object = {}) => ({ state_folder: folder, signoff: { ...signoff, ...more } }) as const;
  const open = () => hatchOf(config() as never, process.geteuid?.() ?? -1).open({ by: 'me', why: '', forMs: 3_600_000 });
  const seal = (): void => writeFileSync(join(folder, 'signoff.sealed'), '');

  it('SEC-157 warns at once and every five minutes while it is open, and never while it is closed', async () => {
    open();
    await using harness = await createHarness(plugin, { config: config() });
    const warned = (): number => harness.log.filter(({ message }) => message.startsWith('the hatch of this host is open')).length;
    vi.useFakeTimers({ toFake: ['Date'] });
    const pass = async (minutes: number): Promise<void> => {
      vi.setSystemTime(Date.now() + minutes * 60_000);
      await harness.advance(A_PUSH_MS);
    };
    expect(warned()).toBe(1);
    await pass(4.5);
    expect(warned()).toBe(1);
    await pass(1);
    expect(warned()).toBe(2);
    seal();
    await pass(10);
    await pass(10);
    expect(warned()).toBe(2);
  });

  it('F13 F14 SEC-111 bounds the text in bytes, and takes everything else as it is', async () => {
    open();
    await using harness = await createHarness(plugin, { config: config() });
    for (const text of ['x'.repeat(4_097), '\u00e9'.repeat(2_049), 'a\0b'])
      expect(await harness.call('run_verify_block', { verify_command: text })).toMatchObject({
        failure_reason: 'validation_failed',
      });
    for (const text of ['x'.repeat(4_096), '-e "$X" {project_dir}\n\t\u202e'])
      expect(await harness.call('run_verify_block', { verify_command: text })).toMatchObject({ success: true });
    expect(harness.exec.calls.map(({ file, args }) => [file, args[0], args.length])).toEqual([
      ['/bin/bash', '-c', 2],
      ['/bin/bash', '-c', 2],
    ]);
  });

  it('SEC-151 a hatch that v1 left open is closed, and for v1 too', async () => {
    writeFileSync(join(folder, 'signoff.unsealed_at'), '2026-03-04T05:06:07.089000+00:00');
    await using harness = await createHarness(plugin, { config: config() });
    expect(harness.state('signoff.hatch')).toMatchObject({ sealed: true, unsealed_since: null });
    expect(readdirSync(folder)).toEqual(['signoff.sealed']);
  });

  it('SEC-152 it closes by itself, and state, v1 files, event and answers follow', async () => {
    const { expiresAt } = open();
    await using harness = await createHarness(plugin, { config: config() });
    expect(harness.state('signoff.hatch')).toMatchObject({ sealed: false, closes_at: new Date(expiresAt).toISOString() });
    const record = join(folder, 'signoff.opening.json');
    const opening = JSON.parse(readFileSync(record, 'utf8')) as { openedAt: number };
    writeFileSync(record, JSON.stringify({ ...opening, expiresAt: opening.openedAt + 1 }));
    await harness.advance(A_PUSH_MS);
    expect(harness.state('signoff.hatch')).toMatchObject({ sealed: true, unsealed_since: null });
    expect(readdirSync(folder)).toEqual(['signoff.sealed']);
    expect(harness.emitted).toMatchObject([
      { id: 'signoff.hatch_opened', payload: { by: 'me' } },
      { id: 'signoff.hatch_closed', payload: { why: 'its time has run out' } },
    ]);
    expect(await harness.call('run_apply_block', { apply_command: 'true' })).toMatchObject({ failure_reason: 'signoff_sealed' });
  });

  it('SEC-153 what runs is ended with the hatch, or may finish where the file says so', async () => {
    for (const [letRunningFinish, ended] of [
      [false, 1],
      [true, 0],
    ] as const) {
      rmSync(join(folder, 'signoff.sealed'), { force: true });
      open();
      await using harness = await createHarness(plugin, { config: config({ let_running_finish: letRunningFinish }) });
      harness.exec.hold('/bin/bash', /sleep/u);
      void harness.call('run_apply_block', { apply_command: 'sleep 1000' });
      await harness.advance(1_000);
      seal();
      await harness.advance(A_PUSH_MS);
      expect(harness.results.filter(({ failure_reason: reason }) => reason === 'cancelled')).toHaveLength(ended);
      // To the end of its own time, where it may.
      await harness.advance(600_000);
      await harness.advance(10_000);
      expect(await harness.call('run_verify_block', { verify_command: 'true' })).toMatchObject({
        failure_reason: 'signoff_sealed',
      });
    }
  });
});
