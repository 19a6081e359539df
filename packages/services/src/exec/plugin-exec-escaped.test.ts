import { readFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hurriedClock } from '../../test-support/processes.ts';
import { createProcessRunner } from './process-runner.ts';

/** Fifty times as fast as the real one. */
const HURRIED = hurriedClock(50);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exec-'));
});
afterEach(() => {
  process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

it('SEC-121 answers after a timeout, though a process that left the group still holds the pipe', async () => {
  const runner = createProcessRunner({ clock: HURRIED, env: { PATH: '/usr/bin:/bin' }, cwd: folder });
  const script = 'setsid sleep 300 & echo $! > pid; wait';
  await expect(runner.exec('/bin/sh', ['-c', script], { cwd: folder as `/${string}`, timeoutMs: 10_000 })).rejects.toMatchObject({
    code: 'E_EXEC_KILLED',
  });
}, 10_000);
