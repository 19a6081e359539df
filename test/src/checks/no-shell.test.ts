import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkNoShell } from '../../../scripts/checks/no-shell.mjs';
import { PROJECT } from './copy-of-the-project.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'no-shell-'));
  for (const folder of ['packages/services/src', 'plugins/x/src']) mkdirSync(join(root, folder), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const check = (text: string, file = 'packages/services/src/planted.ts'): string[] => {
  writeFileSync(join(root, file), text);
  return checkNoShell(root);
};

describe('SEC-101 no shell', () => {
  test('SEC-101 the project as it is starts none', () => {
    expect(checkNoShell(PROJECT)).toEqual([]);
  });

  test.each([
    "import { exec } from 'node:child_process';\n",
    "import { spawn, execSync } from 'child_process';\n",
    "const { exec } = await import('node:child_process');\n",
    "import * as cp from 'node:child_process';\ncp.execSync('id');\n",
    "spawn('id', [], { shell: true });\n",
    "spawn('id', [], { shell: '/bin/sh' });\n",
    "execa('id', { shell });\n".replace('shell }', 'shell: asked }'),
    "import { execaCommand } from 'execa';\n",
    "import { $ } from 'execa';\nawait $`id`;\n",
  ])('SEC-101 refuses %j', (text) => {
    expect(check(text)).toEqual([expect.stringMatching(/^packages\/services\/src\/planted\.ts: .*spawn/u)]);
    expect(check('', 'packages/services/src/planted.ts')).toEqual([]);
    expect(check(text, 'plugins/x/src/planted.ts')).toHaveLength(1);
  });

  test.each([
    "database.exec('SELECT 1');\n",
    '/a/u.exec(text);\n',
    'spawn(file, args, { shell: false });\n',
    'await ctx.exec(file, []);\n',
  ])('SEC-101 lets %j be', (text) => {
    expect(check(text)).toEqual([]);
  });
});
