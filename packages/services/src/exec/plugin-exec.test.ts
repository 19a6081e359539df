import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecOptions, ExecResult } from '@stormpulse/plugin-api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endProcessesWith, hurriedClock, processesWith } from '../../test-support/processes.ts';
import { createProcessRunner } from './process-runner.ts';

/** Ten times as fast as the real one. */
const HURRIED = hurriedClock();

describe('a process a plugin runs', () => {
  let folder: string;
  let marker: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exec-'));
    marker = `marker-${process.pid}-${Math.random().toString(36).slice(2)}`;
  });
  afterEach(() => {
    endProcessesWith(marker);
    rmSync(folder, { recursive: true, force: true });
  });

  const exec = (file: string, args: readonly string[], options: ExecOptions = {}): Promise<ExecResult> =>
    createProcessRunner({ clock: HURRIED, env: { PATH: '/usr/bin:/bin', MARKER: marker }, cwd: folder }).exec(
      file,
      args,
      options,
    );
  const sh = (script: string, options: ExecOptions = {}): Promise<ExecResult> => exec('/bin/sh', ['-c', script], options);
  const marked = (): number[] => processesWith(marker);

  it('answers output, input and exit code, and inherits nothing', async () => {
    expect(await exec('/bin/cat', [], { input: 'in\n' })).toEqual({ exitCode: 0, stdout: 'in\n', stderr: '', truncated: false });
    expect((await exec('/usr/bin/env', [], { env: { OWN: '1' } })).stdout.trimEnd().split('\n').sort()).toEqual([
      `MARKER=${marker}`,
      'OWN=1',
      'PATH=/usr/bin:/bin',
      expect.stringMatching(/^STORMPULSE_CALL=[0-9a-f-]{36}$/u),
    ]);
    expect((await sh('umask; readlink /proc/self/fd/0')).stdout).toBe('0022\n/dev/null\n');
  });

  it('names the program that is not there, and the exit code with what it said', async () => {
    await expect(exec(join(folder, 'absent'), [])).rejects.toMatchObject({ code: 'E_EXEC_NOT_FOUND' });
    await expect(sh('echo broken >&2; exit 3')).rejects.toMatchObject({
      code: 'E_EXEC_FAILED',
      message: expect.stringMatching(/\/bin\/sh exited with 3: broken/u) as unknown,
    });
  });

  it('cuts its output and says so', async () => {
    const { stdout, truncated } = await sh('seq 1 100000', { maxOutputBytes: 1_000 });
    expect([stdout.length, truncated]).toEqual([1_000, true]);
  });

  it('SEC-121 ends it with all of its group when it takes too long', async () => {
    const stubborn = `sh -c 'trap "" TERM; sleep 1000' & trap '' TERM; sleep 1000`;
    await expect(sh(stubborn, { timeoutMs: 2_000 })).rejects.toMatchObject({
      code: 'E_EXEC_KILLED',
      message: expect.stringContaining('too long') as unknown,
    });
    await vi.waitFor(() => expect(marked()).toEqual([]));
  });

  it('ends it when its caller gives up, and starts nothing for one that had given up', async () => {
    const abort = new AbortController();
    const begun = join(folder, 'begun');
    const running = sh(`touch ${begun}; sleep 1000`, { signal: abort.signal });
    await vi.waitFor(() => expect(existsSync(begun)).toBe(true));
    abort.abort();
    await expect(running).rejects.toMatchObject({
      code: 'E_EXEC_KILLED',
      message: expect.stringContaining('gave up') as unknown,
    });
    await vi.waitFor(() => expect(marked()).toEqual([]));
    rmSync(begun);
    await expect(sh(`touch ${begun}`, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'E_EXEC_KILLED' });
    expect(existsSync(begun)).toBe(false);
  });

  it('does not wait for a process left behind that holds the pipe', async () => {
    expect(await sh(`sh -c 'sleep 1000' & echo done`)).toMatchObject({ exitCode: 0, stdout: 'done\n' });
  });

  it('SEC-101 refuses a script without its first line', async () => {
    const file = join(folder, 'script');
    writeFileSync(file, 'touch ran\n', { mode: 0o755 });
    await expect(exec(file, [], { cwd: folder as NonNullable<ExecOptions['cwd']> })).rejects.toMatchObject({
      code: 'E_EXEC_FAILED',
    });
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });
});
