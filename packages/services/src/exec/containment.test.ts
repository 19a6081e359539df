import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessOutcome, ProcessRequest } from '@stormpulse/kernel';
import type { ExecOptions, ExecResult, ProcessLimits } from '@stormpulse/plugin-api';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endProcessesWith, hurriedClock, processesWith } from '../../test-support/processes.ts';
import { preventCoreDumps } from './core-dumps.ts';
import { createProcessRunner } from './process-runner.ts';
import type { ProcessRunnerOptions } from './process-runner.ts';
import { createProgramCheck } from './program-check.ts';

/** Ten times as fast as the real one. */
const HURRIED = hurriedClock();
const WITHIN_6_S = { timeout: 6_000, interval: 20 };

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

const runner = (more: Partial<ProcessRunnerOptions> = {}): ReturnType<typeof createProcessRunner> =>
  createProcessRunner({ clock: HURRIED, env: { PATH: '/usr/bin:/bin', MARKER: marker }, cwd: folder, ...more });
const sh = (
  script: string,
  more: Partial<ProcessRequest> = {},
  options: Partial<ProcessRunnerOptions> = {},
): Promise<ProcessOutcome> =>
  runner(options).run({
    file: '/bin/sh',
    args: ['-c', script],
    timeoutMs: 100_000,
    signal: new AbortController().signal,
    ...more,
  });
const path = (name: string): string => join(folder, name);

const alive = (): number[] => processesWith(marker);

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}

/** Forks twice, the second time into a session of its own, and ignores SIGTERM. */
function daemon(then: string): string {
  writeFileSync(path('daemon'), `#!/bin/sh\ntrap '' TERM\n${then}\nwhile :; do sleep 0.05; done\n`, { mode: 0o755 });
  return `(setsid ${path('daemon')} </dev/null >/dev/null 2>&1 &)`;
}

describe('SEC-121 a process that left the group of its command', () => {
  const stray = (): string => `${daemon('echo $$ > stray')}; while [ ! -s stray ]; do sleep 0.02; done`;

  /** Runs it until it has begun, and gives up then. */
  const cancelled = async <T>(start: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    rmSync(path('begun'), { force: true });
    const abort = new AbortController();
    const running = start(abort.signal);
    // Whoever awaits it hears of it.
    running.catch(() => undefined);
    await vi.waitFor(() => expect(existsSync(path('begun'))).toBe(true), { timeout: 20_000 });
    abort.abort();
    return await running;
  };

  it('SEC-121 has ended within 6 s of a timeout, though it forked twice and ignores SIGTERM', async () => {
    const outcome = await sh(`${stray()}; echo ready; sleep 1000`, { timeoutMs: 30_000 });
    expect(outcome).toMatchObject({ kind: 'timeout', stdout: 'ready\n' });
    expect(Number(readFileSync(path('stray'), 'utf8'))).toBeGreaterThan(0);
    await vi.waitFor(() => expect(alive()).toEqual([]), WITHIN_6_S);
  });

  it('SEC-121 has ended within 6 s of a cancel', async () => {
    const outcome = await cancelled((signal) => sh(`${stray()}; touch begun; sleep 1000`, { signal }));
    expect(outcome).toMatchObject({ kind: 'cancelled' });
    await vi.waitFor(() => expect(alive()).toEqual([]), WITHIN_6_S);
  });

  it('SEC-121 is found too when a plugin started it', async () => {
    const script = `${stray()}; touch begun; sleep 1000`;
    const cwd = folder as NonNullable<ExecOptions['cwd']>;
    const exec = (signal: AbortSignal): Promise<ExecResult> => runner().exec('/bin/sh', ['-c', script], { signal, cwd });
    await expect(cancelled(exec)).rejects.toMatchObject({ code: 'E_EXEC_KILLED' });
    await vi.waitFor(() => expect(alive()).toEqual([]), WITHIN_6_S);
  });

  it('SEC-121 is asked first: SIGTERM once, to each process once', async () => {
    writeFileSync(path('polite'), `#!/bin/sh\ntrap 'echo term >> terms' TERM\necho $$ > stray\nwhile :; do sleep 0.02; done\n`, {
      mode: 0o755,
    });
    const away = `setsid ${path('polite')} </dev/null >/dev/null 2>&1 & while [ ! -s stray ]; do sleep 0.02; done`;
    const own = `trap 'echo own >> terms' TERM; touch begun; while [ $(wc -l < terms) -lt 2 ]; do sleep 0.02; done`;
    // On the real clock: the polite one is given its whole 5 s before SIGKILL, on a busy machine too.
    const clock = hurriedClock(1);
    await cancelled((signal) => sh(`touch terms; ${away}; ${own}`, { signal }, { clock }));
    expect(readFileSync(path('terms'), 'utf8').split('\n').sort()).toEqual(['', 'own', 'term']);
  });

  it('SEC-121 of another command is left alone, and so is one whose command ended by itself', async () => {
    expect(await sh(stray())).toMatchObject({ kind: 'exited', exitCode: 0 });
    const other = Number(readFileSync(path('stray'), 'utf8'));
    rmSync(path('stray'));
    await cancelled((signal) => sh(`${stray()}; touch begun; sleep 1000`, { signal }));
    const own = Number(readFileSync(path('stray'), 'utf8'));
    await vi.waitFor(() => expect(text(`/proc/${own}/environ`)).toBe(''), WITHIN_6_S);
    expect(text(`/proc/${other}/environ`)).toContain(marker);
  });
});

describe('SEC-124 what a child may use', () => {
  const limited = (limits: ProcessLimits): Partial<ProcessRequest> => ({ limits });

  it('SEC-124 is set before it begins, its own over those of all commands', async () => {
    const limits = { cpu_seconds: 60, memory_mb: 512, file_mb: 7 };
    const { stdout } = await sh('cat /proc/self/limits', limited({ open_files: 99, processes: 4_000, memory_mb: 256 }), {
      limits,
    });
    const soft = (name: string): string | undefined => new RegExp(`^${name} +(\\S+)`, 'mu').exec(stdout)?.[1];
    expect(['Max cpu time', 'Max address space', 'Max file size', 'Max open files', 'Max processes'].map(soft)).toEqual([
      '60',
      String(256 * 1_048_576),
      String(7 * 1_048_576),
      '99',
      '4000',
    ]);
  });

  it('SEC-124 is of a plugin and its processes too', async () => {
    const { stdout } = await runner({ limits: { open_files: 99 } }).exec('/bin/sh', ['-c', 'ulimit -n'], {});
    expect(stdout).toBe('99\n');
  });

  it('SEC-124 is a lower priority without a launcher, and the first place when memory runs out', async () => {
    // The child is running when it is given these: it waits until it has them.
    const script =
      'until [ "$(cat /proc/$$/oom_score_adj)" = 500 ]; do sleep 0.01; done; until [ "$(nice)" = 7 ]; do sleep 0.01; done; echo so';
    expect((await sh(script, limited({ nice: 7 }))).stdout).toBe('so\n');
  });

  it('SEC-124 is no core file, once for the agent and all it starts', async () => {
    spawnSync('/usr/bin/prlimit', ['--pid', String(process.pid), '--core=4096:']);
    expect(preventCoreDumps()).toBeUndefined();
    expect((await sh('ulimit -c')).stdout).toBe('0\n');
  });

  it('SEC-124 contains a fork bomb while another command runs', async () => {
    const bomb = 'i=0; while [ $i -lt 200 ]; do sleep 1000 & i=$((i+1)); done; echo all';
    // RLIMIT_NPROC counts what a user has, and does not bind root.
    const root = process.getuid?.() === 0;
    const own = ['--reuid=54321', '--regid=54321', '--clear-groups', '/bin/sh', '-c', bomb];
    chmodSync(folder, 0o755);
    const bombed = await sh(bomb, {
      ...(root ? { file: '/usr/bin/setpriv', args: own } : {}),
      limits: { processes: root ? 20 : processesOfOurs() + 20 },
    });
    expect(bombed.stdout).toBe('');
    expect(bombed.stderr).toMatch(/fork/iu);
    expect(alive().length).toBeLessThan(30);
    expect((await sh('echo fine')).stdout).toBe('fine\n');
  });

  it('SEC-124 contains a command that eats memory, one that writes and one that computes for ever', async () => {
    const memory = await sh('head -c 400000000 /dev/zero | tail | wc -c', limited({ memory_mb: 64 }));
    expect(memory.stderr).toMatch(/memory exhausted/u);
    expect(memory.stdout).toBe('0\n');
    const disk = await sh('head -c 4000000 /dev/zero > big', limited({ file_mb: 1 }));
    expect(disk.exitCode).not.toBe(0);
    expect(readFileSync(path('big'))).toHaveLength(1_048_576);
    expect(await sh('while :; do :; done', limited({ cpu_seconds: 1 }))).toMatchObject({ kind: 'exited', exitCode: -24 });
  });

  it('SEC-124 without prlimit a limited command is refused, says what to do, and does not run', async () => {
    const options = { prlimit: path('absent') };
    expect(await sh('touch ran', limited({ processes: 9 }), options)).toMatchObject({
      kind: 'os_error',
      exitCode: -1,
      stderr: expect.stringMatching(/was not started: .*absent, which is not there; install util-linux/u) as unknown,
    });
    await expect(runner({ ...options, limits: { processes: 9 } }).exec('/bin/sh', ['-c', 'touch ran'], {})).rejects.toThrow(
      /install util-linux/u,
    );
    expect(existsSync(path('ran'))).toBe(false);
    expect((await sh('echo fine', limited({ nice: 3 }), options)).stdout).toBe('fine\n');
  });

  it('SEC-100 SEC-124 a prlimit that others can change is no launcher', async () => {
    writeFileSync(path('prlimit'), '#!/bin/sh\ntouch ran\n');
    chmodSync(path('prlimit'), 0o777);
    const options = { prlimit: path('prlimit'), programs: createProgramCheck({ agentUid: 12_345, systemMode: true }) };
    expect(await sh('touch ran', limited({ processes: 9 }), options)).toMatchObject({ kind: 'os_error' });
    expect(existsSync(path('ran'))).toBe(false);
  });

  it('SEC-100 a plugin runs no program that others can change', async () => {
    writeFileSync(path('tool'), '#!/bin/sh\ntouch ran\n');
    chmodSync(path('tool'), 0o757);
    const programs = createProgramCheck({ agentUid: 12_345, systemMode: true });
    await expect(runner({ programs }).exec(path('tool'), [], {})).rejects.toMatchObject({
      code: 'E_EXEC_REFUSED',
      message: expect.stringContaining('can be changed by') as unknown,
    });
    expect(existsSync(path('ran'))).toBe(false);
    await expect(runner().exec('sh', ['-c', 'touch ran'], {})).rejects.toMatchObject({ code: 'E_EXEC_REFUSED' });
    chmodSync(path('tool'), 0o755);
    expect(await runner({ programs }).exec('/bin/echo', ['fine'], {})).toMatchObject({ stdout: 'fine\n' });
  });

  it('SEC-127 a limited program that is not there, or no program, is told as such', async () => {
    writeFileSync(path('data'), '#!/bin/sh\n', { mode: 0o644 });
    const of = (file: string): Promise<ProcessOutcome> => sh('', { file, args: [], limits: { processes: 99 } });
    expect(await of(path('absent'))).toMatchObject({ kind: 'not_found', exitCode: -1 });
    expect(await of(path('data'))).toMatchObject({ kind: 'os_error', exitCode: -1 });
  });
});

/** Threads of this user: what RLIMIT_NPROC counts. */
function processesOfOurs(): number {
  const { stdout } = spawnSync('/bin/ps', ['-L', '-U', String(process.getuid?.()), '-o', 'lwp='], { encoding: 'utf8' });
  return stdout.trim().split('\n').length;
}
