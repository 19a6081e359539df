import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkDocsSamples } from '../../../scripts/checks/docs-samples.mjs';
import { PROJECT } from './copy-of-the-project.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'samples-'));
  for (const name of ['node_modules', 'packages']) symlinkSync(join(PROJECT, name), join(root, name));
  mkdirSync(join(root, 'docs/how-to'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true }));

const page = (...lines: string[]): void => writeFileSync(join(root, 'docs/how-to/page.md'), `${lines.join('\n')}\n`);

test('a sample that does not compile is told with its place in the page, also inside a list', () => {
  page(
    '# A page',
    '```ts',
    "import { Type } from '@stormpulse/sdk';",
    'export const size = Type.Integer();',
    '```',
    '1. And:',
    '   ```ts',
    "   import { size } from './index.ts';",
    '   export const text: string = size;',
    '   ```',
  );
  expect(checkDocsSamples(root)).toEqual([expect.stringMatching(/^docs\/how-to\/page\.md:9: error TS2322: /u)]);
});

test('pages without any sample are no good sign', () => {
  page('# A page', '```typescript', 'x', '```');
  expect(checkDocsSamples(root)).toEqual([expect.stringContaining('no page of docs/')]);
});
