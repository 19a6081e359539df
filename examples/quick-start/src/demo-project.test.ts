import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openProject } from './demo-project.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'demo-project-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

// The project was cloned with git, so whoever runs this has it.
test('a project that was cut off while it was made is made anew, a whole one is kept', async () => {
  const first = await openProject(root);
  await rm(join(root, 'project'), { recursive: true });
  const second = await openProject(root);
  expect(second).toMatchObject({ folder: first?.folder });
  await second?.publish('one line');
  await openProject(root);
  expect(await readFile(join(root, 'project-origin', 'NOTES'), 'utf8')).toContain('one line');
});

test('without git there is no project, and nothing is made', async () => {
  expect(await openProject(root, join(root, 'no-git'))).toBeUndefined();
  expect(await readdir(root)).toEqual([]);
});
