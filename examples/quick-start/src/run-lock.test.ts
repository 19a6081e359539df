import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { markOf, takeRunLock } from './run-lock.ts';

let root: string;
let said: string[];
const say = (text: string): void => {
  said.push(text);
};
const path = (): string => join(root, 'running.json');

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'run-lock-'));
  said = [];
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

test('a folder in use is refused with who has it and how to stop it; let go, it is free', async () => {
  const lock = await takeRunLock(root, say);
  await expect(takeRunLock(root, say)).rejects.toThrow(
    new RegExp(`process ${process.pid} already runs over .*kill ${process.pid}.*--state DIR`, 'u'),
  );
  await lock.release();
  expect(existsSync(path())).toBe(false);
  await (await takeRunLock(root, say)).release();
});

test('what a crashed start left running is ended first, and said', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  const lock = await takeRunLock(root, say);
  await lock.note(child.pid ?? -1);
  const file = JSON.parse(await readFile(path(), 'utf8')) as { owner: { began: string } };
  // The same number, begun at another time: the owner is gone and the system gave its number away.
  await writeFile(path(), JSON.stringify({ ...file, owner: { pid: process.pid, began: '1' } }));
  const ended = once(child, 'exit');
  const next = await takeRunLock(root, say);
  expect((await ended)[1]).toBe('SIGTERM');
  expect(said).toEqual([`An earlier start ended without stopping process ${child.pid}; stopping it now.`]);
  await next.release();
});

test('a number that now belongs to somebody else is left alone', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(child, 'spawn');
  await writeFile(path(), JSON.stringify({ owner: { pid: 1, began: 'never' }, children: [{ pid: child.pid, began: '1' }] }));
  await (await takeRunLock(root, say)).release();
  expect(said).toEqual([]);
  expect((await markOf(child.pid ?? -1)).began).not.toBe('');
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('a half-written lock holds nobody up', async () => {
  await writeFile(path(), '{"owner":{"pi');
  await (await takeRunLock(root, say)).release();
});
