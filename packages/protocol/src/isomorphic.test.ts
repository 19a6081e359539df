import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const folder = import.meta.dirname;
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && path !== 'node.ts',
);

test('there are sources to look at', () => {
  expect(sources.length).toBeGreaterThan(30);
});

test.each(sources)('%s runs in a browser and under a ban on code from strings', (path) => {
  const code = readFileSync(join(folder, path), 'utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '');
  expect(code).not.toMatch(/['"]node:|\bBuffer\b|\bprocess\b|\brequire\(|\b__dirname\b|\bsetTimeout\b/);
  expect(code).not.toMatch(/\beval\(|new Function|TypeCompiler/);
});
