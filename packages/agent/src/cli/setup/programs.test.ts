import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemPrograms } from './programs.ts';

describe('a program that reads what another prints', () => {
  const programs = systemPrograms();
  const at = (name: string): string => programs.find(name) ?? '';
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'pipe-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const into = (name: string, ...argv: string[]) => ({ file: at(name), argv });

  it('gets all of it, and both are waited for', async () => {
    const target = join(folder, 'copy');
    expect(
      await programs.pipe(into('head', '-c', '3000000', '/dev/zero'), into('dd', `of=${target}`, 'status=none')),
    ).toMatchObject({
      exitCode: 0,
    });
    expect(readFileSync(target).length).toBe(3_000_000);
  });

  it('that ends first ends the other too; what either says and its code is given', async () => {
    const { exitCode, stderr } = await programs.pipe(into('yes'), into('cat', '/nonexistent'));
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('/nonexistent');
    expect(await programs.pipe(into('cat', '/nonexistent'), into('cat'))).toMatchObject({ exitCode: 1 });
    const loud = into(
      'find',
      '/proc/self/fd',
      ...Array.from({ length: 2_000 }, (_, at) => `/nonexistent/${'x'.repeat(60)}${at}`),
    );
    expect((await programs.pipe(loud, into('cat'))).stderr.length).toBeGreaterThan(100_000);
  });

  it('where one of them is not there the other does not wait', async () => {
    const none = { file: '/nonexistent/program', argv: [] };
    await expect(programs.pipe(none, into('cat'))).rejects.toThrow('ENOENT');
    await expect(programs.pipe(into('yes'), none)).rejects.toThrow('ENOENT');
  });
});
