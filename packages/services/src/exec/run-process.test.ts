import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessOutcome, ProcessRequest } from '@stormpulse/kernel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { endProcessesWith, hurriedClock, processesWith } from '../../test-support/processes.ts';
import { childEnvironment } from './child-environment.ts';
import { inheritedDescriptors } from './inherited-descriptors.ts';
import { createProcessRunner } from './process-runner.ts';

/** Ten times as fast as the real one, so that the 5 s between the signals are half a second. */
const HURRIED = hurriedClock();
const KIB = 1024;

describe('a command as a process', () => {
  let folder: string;
  /** Stands in the environment of every process a test starts, and of all these start. */
  let marker: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'exec-'));
    marker = `marker-${process.pid}-${Math.random().toString(36).slice(2)}`;
  });
  afterEach(() => {
    endProcessesWith(marker);
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (file: string, args: readonly string[], more: Partial<ProcessRequest> = {}): Promise<ProcessOutcome> =>
    createProcessRunner({ clock: HURRIED, env: { ...childEnvironment(process.env), MARKER: marker }, cwd: folder }).run({
      file,
      args,
      timeoutMs: 100_000,
      signal: new AbortController().signal,
      ...more,
    });
  const sh = (script: string, more: Partial<ProcessRequest> = {}): Promise<ProcessOutcome> =>
    run('/bin/sh', ['-c', script], more);

  const marked = (): number[] => processesWith(marker);

  describe('what it is given', () => {
    it('its own variables stand over the environment that every command has', async () => {
      const { stdout } = await sh('echo "$LANG $BELL_PIN $MARKER"', { env: { LANG: 'xx', BELL_PIN: '1234' } });
      expect(stdout).toBe(`xx 1234 ${marker}\n`);
    });

    it('SEC-120 is exactly the environment written for it', async () => {
      const own = {
        PATH: '/usr/bin:/bin',
        HOME: '/home/agent',
        TZ: 'UTC',
        NODE_OPTIONS: '--inspect',
        LD_PRELOAD: '/tmp/x.so',
        GIT_DIR: '/tmp',
        HTTPS_PROXY: 'http://proxy',
        https_proxy: 'http://proxy',
        DOCKER_HOST: 'tcp://elsewhere:2375',
        AWS_SECRET_ACCESS_KEY: 'canary',
        DEPLOY_TARGET: 'blue',
      };
      const env = childEnvironment(own, ['DEPLOY_TARGET', 'NODE_OPTIONS', 'HTTPS_PROXY', 'ABSENT']);
      const runner = createProcessRunner({ clock: HURRIED, env, cwd: folder });
      const signal = new AbortController().signal;
      const { stdout } = await runner.run({ file: '/usr/bin/env', args: [], timeoutMs: 100_000, signal });
      expect(stdout.trimEnd().split('\n').sort()).toEqual([
        'DEPLOY_TARGET=blue',
        'HOME=/home/agent',
        'LANG=C.UTF-8',
        'PATH=/usr/bin:/bin',
        expect.stringMatching(/^STORMPULSE_CALL=[0-9a-f-]{36}$/u),
        'TZ=UTC',
      ]);
    });

    it('SEC-123 is /dev/null as input, none of our open files, the fixed folder, no terminal, a session of its own', async () => {
      const own = join(folder, 'open-in-the-agent');
      const fd = openSync(own, 'w');
      const { stdout } = await sh('echo $$; cut -d" " -f5-7 /proc/$$/stat; pwd; readlink /proc/$$/fd/0; readlink /proc/$$/fd/*');
      closeSync(fd);
      const [pid, session, cwd, input, ...files] = stdout.trimEnd().split('\n');
      expect(session).toBe(`${pid} ${pid} 0`);
      expect([cwd, input]).toEqual([folder, '/dev/null']);
      expect(files).not.toContain(own);
    });

    it('SEC-123 is no descriptor but the three', async () => {
      const own = [0, 1, 2].map(() => openSync('/dev/null', 'r'));
      const listed = (await run('/bin/ls', ['/proc/self/fd'])).stdout.trimEnd().split('\n').map(Number);
      // The fourth is the listing's own; an agent closes what it was started with, a test cannot.
      const started = inheritedDescriptors();
      expect(new Set(listed.filter((fd) => !started.includes(fd)))).toEqual(new Set([0, 1, 2, 3]));
      own.forEach((fd) => closeSync(fd));
    });

    it('SEC-123 is umask 022 whatever the agent runs with', async () => {
      const before = process.umask(0o077);
      try {
        expect((await sh('umask')).stdout).toBe('0022\n');
        expect(process.umask()).toBe(0o077);
      } finally {
        process.umask(before);
      }
    });

    it('is text on its input where a command has some', async () => {
      expect(await run('/bin/cat', [], { stdin: 'é\0\n' })).toMatchObject({ stdout: 'é\0\n', exitCode: 0 });
      expect(await run('/bin/true', [], { stdin: 'x'.repeat(KIB * KIB) })).toMatchObject({ kind: 'exited', exitCode: 0 });
    });

    it('SEC-101 is its words as they are: no shell reads them', async () => {
      const words = ['$(id)', '; id', '`id`', '*', '', ' a  b ', "'"];
      expect((await run('/usr/bin/printf', ['[%s]', ...words])).stdout).toBe(words.map((word) => `[${word}]`).join(''));
    });
  });

  describe('SEC-127 how it ended', () => {
    it.each([
      ['exit 0', 0],
      ['exit 3', 3],
      ['exit 255', 255],
      ['kill -9 $$', -9],
      ['kill -15 $$', -15],
    ])('%s is exit code %i', async (script, exitCode) => {
      expect(await sh(`echo out; echo err >&2; ${script}`)).toMatchObject({
        kind: 'exited',
        exitCode,
        stdout: 'out\n',
        stderr: 'err\n',
        truncated: false,
      });
    });

    it('a program that is not there', async () => {
      const file = join(folder, 'absent');
      expect(await run(file, [])).toMatchObject({
        kind: 'not_found',
        exitCode: -1,
        stderr: expect.stringContaining(file) as unknown,
      });
    });

    it('a folder to run in that is not there', async () => {
      expect(await run('/bin/true', [], { cwd: join(folder, 'absent') })).toMatchObject({
        kind: 'not_found',
        stderr: expect.stringContaining('working folder') as unknown,
      });
    });

    it.each([
      ['a file without the execute bit', 0o644, '#!/bin/sh\n', 'EACCES'],
      ['SEC-101 a script without its first line', 0o755, 'touch ran\n', '#!/bin/sh'],
      ['an empty file', 0o755, '', '#!/bin/sh'],
    ])('%s is an os_error that says why, and nothing runs', async (_name, mode, content, says) => {
      const file = join(folder, 'script');
      writeFileSync(file, content, { mode });
      expect(await run(file, [])).toMatchObject({
        kind: 'os_error',
        exitCode: -1,
        stderr: expect.stringContaining(says) as unknown,
      });
      expect(existsSync(join(folder, 'ran'))).toBe(false);
    });

    it('a folder in the place of the program, and NUL in an argument', async () => {
      expect(await run(folder, [])).toMatchObject({ kind: 'os_error', exitCode: -1 });
      expect(await run('/bin/echo', ['a\0b'])).toMatchObject({ kind: 'os_error', exitCode: -1, stdout: '' });
    });
  });

  describe('SEC-122 its output', () => {
    it("F11 is UTF-8 with replacement and v1's line ends", async () => {
      expect((await sh(String.raw`printf 'a\377b\r\nc\rd\303'`)).stdout).toBe('a\uFFFDb\nc\nd\uFFFD');
    });

    it('is kept whole up to 256 KiB', async () => {
      const { stdout, truncated } = await sh(`head -c ${256 * KIB} /dev/zero | tr '\\0' y`);
      expect([stdout.length, truncated]).toEqual([256 * KIB, false]);
    });

    it('is head, marker with true counts, and tail beyond, each stream on its own', async () => {
      const { stdout, stderr, truncated } = await sh(`echo first; seq 1 200000; echo last; echo only >&2`);
      const total =
        'first\n'.length + execFileSync('/usr/bin/seq', ['1', '200000'], { maxBuffer: KIB * KIB * 8 }).length + 'last\n'.length;
      expect(truncated).toBe(true);
      expect(stdout.startsWith('first\n1\n2\n')).toBe(true);
      expect(stdout.endsWith('200000\nlast\n')).toBe(true);
      expect(stdout).toContain(`\n[… ${total - 256 * KIB} of ${total} bytes left out …]\n`);
      expect(stderr).toBe('only\n');
    });

    it('of 256 MB costs no memory to speak of, and the command is not held up', async () => {
      const before = process.memoryUsage.rss();
      let peak = before;
      const sampling = setInterval(() => {
        peak = Math.max(peak, process.memoryUsage.rss());
      }, 20);
      const { stdout, exitCode } = await sh('yes | head -c 256000000; exit 4', { timeoutMs: 600_000 });
      clearInterval(sampling);
      expect(exitCode).toBe(4);
      expect(stdout).toContain('of 256000000 bytes left out');
      expect(peak - before).toBeLessThan(96 * KIB * KIB);
    });

    it('does not wait for a process left behind that holds the pipe', async () => {
      expect(await sh(`sh -c 'sleep 1000' & echo done`)).toMatchObject({
        kind: 'exited',
        exitCode: 0,
        stdout: 'done\n',
      });
      expect(marked().length).toBeGreaterThan(0);
    });
  });

  describe('SEC-121 its end before its time', () => {
    it('by timeout: what it had written, as text, behind a line that names the limit', async () => {
      const outcome = await sh('echo part; echo problem >&2; sleep 1000', { timeoutMs: 3_000 });
      expect(outcome).toMatchObject({ kind: 'timeout', exitCode: -1, stdout: 'part\n' });
      expect(outcome.stderr).toMatch(/^the command took longer than its 3 s .*\nproblem\n$/u);
      await vi.waitFor(() => expect(marked()).toEqual([]));
    });

    it('by cancel', async () => {
      const abort = new AbortController();
      const begun = join(folder, 'begun');
      const running = sh(`touch ${begun}; sleep 1000`, { signal: abort.signal });
      await vi.waitFor(() => expect(existsSync(begun)).toBe(true));
      abort.abort(new Error('the agent is stopping'));
      expect(await running).toMatchObject({
        kind: 'cancelled',
        exitCode: -1,
        stderr: expect.stringContaining('stopping') as unknown,
      });
      await vi.waitFor(() => expect(marked()).toEqual([]));
    });

    it('before it began: nothing is started', async () => {
      const begun = join(folder, 'begun');
      expect(await sh(`touch ${begun}`, { signal: AbortSignal.abort() })).toMatchObject({ kind: 'cancelled', exitCode: -1 });
      expect(existsSync(begun)).toBe(false);
    });

    it('leaves no process that forked twice and ignores SIGTERM', async () => {
      const stubborn = `trap '' TERM; (sh -c 'trap "" TERM; sleep 1000' &); echo ready; sleep 1000`;
      expect(await sh(stubborn, { timeoutMs: 3_000 })).toMatchObject({ kind: 'timeout', stdout: 'ready\n' });
      await vi.waitFor(() => expect(marked()).toEqual([]));
    });

    it('leaves no process that ignores SIGTERM when the program itself heeds it', async () => {
      const left = `sh -c 'trap "" TERM; sleep 1000' >/dev/null 2>&1 &`;
      expect(await sh(`${left} echo ready; exec sleep 1000`, { timeoutMs: 3_000 })).toMatchObject({
        kind: 'timeout',
        stdout: 'ready\n',
      });
      await vi.waitFor(() => expect(marked()).toEqual([]));
    });

    it('lets what handles SIGTERM finish its sentence, its children too', async () => {
      const child = `trap "echo child done; exit" TERM; while :; do sleep 0.02; done`;
      const outcome = await sh(`sh -c '${child}' & trap 'echo done; exit' TERM; echo ready; while :; do sleep 0.02; done`, {
        timeoutMs: 3_000,
      });
      expect(outcome.stdout.split('\n').sort()).toEqual(['', 'child done', 'done', 'ready']);
    });

    it('answers even when the process cannot be signalled', async () => {
      const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
        throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
      });
      try {
        expect(await sh(`sleep 1000`, { timeoutMs: 1_000 })).toMatchObject({ kind: 'timeout', exitCode: -1 });
      } finally {
        kill.mockRestore();
      }
    });
  });
});
