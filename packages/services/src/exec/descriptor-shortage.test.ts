import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type * as FileSystem from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProcessRunner } from './process-runner.ts';

const proc = vi.hoisted(() => ({ open: 10 as number | 'EMFILE', limit: '64' }));

vi.mock('node:fs', async (importOriginal) => {
  const real = await importOriginal<typeof FileSystem>();
  const readdirSync = (): string[] => {
    if (proc.open === 'EMFILE') throw Object.assign(new Error('EMFILE'), { code: 'EMFILE' });
    return Array.from({ length: proc.open }, String);
  };
  const readFileSync = (path: string, ...more: never[]): unknown =>
    path === '/proc/self/limits'
      ? `Limit  Soft Limit  Hard Limit  Units\nMax open files  ${proc.limit}  4096  files\n`
      : real.readFileSync(path, ...more);
  return { ...real, readdirSync, readFileSync };
});

/** No timer is due in a test that ends at once. */
const CLOCK = { now: () => Date.now(), monotonic: () => performance.now(), after: () => () => undefined };

describe('SEC-185 file descriptors', () => {
  let folder: string;
  const runner = createProcessRunner({ clock: CLOCK, env: { PATH: '/usr/bin:/bin' }, cwd: '/' });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shortage-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it.each([
    [10, '64', true],
    [44, '64', true],
    [45, '64', false],
    [64, '64', false],
    ['EMFILE', '64', false],
    [4_000, 'unlimited', true],
  ] as const)('%s open of %s: a process may start: %s', async (open, limit, may) => {
    Object.assign(proc, { open, limit });
    const mark = join(folder, 'mark');
    const request = { file: '/usr/bin/touch', args: [mark], timeoutMs: 10_000, signal: new AbortController().signal };
    const outcome = await runner.run(request);
    expect([outcome.kind, existsSync(mark)]).toEqual(may ? ['exited', true] : ['agent_overloaded', false]);
    if (!may)
      expect(outcome.stderr).toMatch(/no file descriptors to spare .*; send the command again later, or raise LimitNOFILE=/u);

    rmSync(mark, { force: true });
    const exec = runner.exec('/usr/bin/touch', [mark], {});
    if (may) await exec;
    else
      await expect(exec).rejects.toMatchObject({
        code: 'E_EXEC_FAILED',
        message: expect.stringContaining('to spare') as unknown,
      });
    expect(existsSync(mark)).toBe(may);
  });
});
