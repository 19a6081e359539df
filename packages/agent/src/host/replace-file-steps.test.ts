import type * as Fs from 'node:fs';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { replaceFile } from './replace-file.ts';

/** What the file system was asked for, in order, and a call that is to fail. */
const { seen, broken } = vi.hoisted(() => ({ seen: [] as string[], broken: { fsync: 0 } }));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof Fs>();
  const names = new Map<number, string>();
  return {
    ...fs,
    openSync(path: string, flags: number, mode?: number) {
      const descriptor = fs.openSync(path, flags, mode);
      names.set(descriptor, path);
      seen.push(`open ${path}${mode === undefined ? '' : ` ${(fs.fstatSync(descriptor).mode & 0o777).toString(8)}`}`);
      return descriptor;
    },
    fsyncSync(descriptor: number) {
      seen.push(`fsync ${names.get(descriptor)}`);
      broken.fsync -= 1;
      if (broken.fsync === 0) throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
      fs.fsyncSync(descriptor);
    },
    renameSync(from: string, to: string) {
      seen.push(`rename ${from} ${to}`);
      fs.renameSync(from, to);
    },
  };
});

describe('the steps of replacing a file', () => {
  let path: string;
  let umask: number;
  beforeEach(() => {
    path = join(mkdtempSync(join(tmpdir(), 'agent-steps-')), 'key');
    writeFileSync(path, 'old');
    umask = process.umask(0);
    seen.length = 0;
  });
  afterEach(() => {
    process.umask(umask);
    rmSync(dirname(path), { recursive: true, force: true });
  });

  it('SEC-180 SEC-181: a new file of the final mode, on disk before it takes the place, then the folder', () => {
    replaceFile(path, 'new', { mode: 0o600 });
    const temporary = seen[0]?.split(' ')[1] ?? '';
    expect(temporary.startsWith(`${path}.`)).toBe(true);
    expect(seen).toEqual([
      `open ${temporary} 600`,
      `fsync ${temporary}`,
      `rename ${temporary} ${path}`,
      `open ${dirname(path)}`,
      `fsync ${dirname(path)}`,
    ]);
  });

  it('SEC-183: a disk that fails to sync fails the replacement; it is not asked again, the old content stays', () => {
    broken.fsync = 1;
    expect(() => replaceFile(path, 'new', { mode: 0o600 })).toThrow('EIO');
    expect(seen.filter((step) => step.startsWith('fsync'))).toHaveLength(1);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(dirname(path))).toEqual([basename(path)]);
  });
});
