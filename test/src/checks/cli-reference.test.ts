import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PAGE, checkCliReference } from '../../../scripts/checks/cli-reference.mjs';
import { PROJECT } from './copy-of-the-project.ts';

describe('the page of the command line', () => {
  let root: string;
  const page = readFileSync(join(PROJECT, PAGE), 'utf8');

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'page-'));
    symlinkSync(join(PROJECT, 'packages'), join(root, 'packages'));
    mkdirSync(join(root, 'docs/reference'), { recursive: true });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  test('is what the commands say', async () => {
    expect(await checkCliReference(PROJECT)).toEqual([]);
    for (const command of ['enroll', 'run', 'status', 'config check', 'doctor', 'investigate', 'logs', 'restart', 'sign'])
      expect(page).toContain(`\n## stormpulse ${command}\n`);
  });

  test.each([
    ['lacks an option', page.replace(/\n {2}--accept-clock.*/u, '')],
    ['says more', `${page}\n## stormpulse fly\n`],
    ['is not there', undefined],
  ])('one that %s is told, and written anew when asked', async (_name, text) => {
    if (text !== undefined) writeFileSync(join(root, PAGE), text);
    expect(await checkCliReference(root)).toEqual([
      expect.stringMatching(/^docs\/reference\/cli\.md is not what .* --update$/su),
    ]);
    expect(await checkCliReference(root, { update: true })).toEqual([]);
    expect(readFileSync(join(root, PAGE), 'utf8')).toBe(page);
  });
});
