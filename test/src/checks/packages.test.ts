import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageProblems, publishedPackages } from '../../../scripts/checks/packages.mjs';
import { PROJECT } from './copy-of-the-project.ts';

const GOOD = {
  name: '@stormpulse/good',
  version: '1.2.3',
  description: 'Good.',
  license: 'MIT',
  files: ['dist'],
  type: 'module',
  exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' } },
  publishConfig: { access: 'public', provenance: true },
  engines: { node: '>=20.19' },
};
const FILES = {
  'src/index.ts': '',
  'dist/index.js': 'export const one = 1;\n',
  'dist/index.d.ts': 'export declare const one = 1;\n',
};

describe('the check of packages that are published', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'published-'));
    copyFileSync(join(PROJECT, 'LICENSE'), join(root, 'LICENSE'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const problemsOf = async (manifest: object, files: Readonly<Record<string, string>> = FILES): Promise<string[]> => {
    const folder = join(root, 'packages/good');
    mkdirSync(folder, { recursive: true });
    copyFileSync(join(PROJECT, 'LICENSE'), join(folder, 'LICENSE'));
    const all = { 'README.md': '# good\n', ...files, 'package.json': JSON.stringify({ ...GOOD, ...manifest }) };
    for (const [name, text] of Object.entries(all)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    execFileSync('npm', ['pack', '--silent', '--pack-destination', root], { cwd: folder });
    const [one] = publishedPackages(root);
    return await packageProblems(root, one, root);
  };

  it('finds nothing wrong with one that is right', async () => {
    expect(await problemsOf({})).toEqual([]);
  });

  it.each<[string, object, Readonly<Record<string, string>>, RegExp]>([
    [
      'a test in it',
      {},
      { ...FILES, 'dist/one.test.js': '', 'src/one.test.ts': '' },
      /^holds dist\/one\.test\.js, which is for nobody/u,
    ],
    [
      'what was compiled of a source that is gone',
      {},
      { ...FILES, 'dist/old.js': '' },
      /^holds dist\/old\.js, whose source is gone/u,
    ],
    ['another license', { license: 'ISC' }, FILES, /^has the license ISC/u],
    ['no provenance', { publishConfig: { access: 'public' } }, FILES, /^has no publishConfig/u],
    ['a host in its description', { homepage: 'https://example.org/' }, FILES, /^names a host/u],
    [
      'a private package that it needs',
      { dependencies: { '@stormpulse/mine': '0.1.0' } },
      FILES,
      /^depends on @stormpulse\/mine 0\.1\.0/u,
    ],
    [
      'a source that is exported',
      { exports: { '.': { mine: './src/index.ts' } } },
      FILES,
      /^exports \.\/src\/index\.ts, which is not/u,
    ],
    ['a program that is not there', { bin: './dist/program.js' }, FILES, /^publint: .*dist\/program\.js/u],
    [
      'types that are not there',
      { exports: { ...GOOD.exports, './more': './dist/more.js' } },
      { ...FILES, 'src/more.ts': '', 'dist/more.js': 'export {};\n' },
      /^are-the-types-wrong: UntypedResolution/u,
    ],
  ])('finds %s', async (_, manifest, files, sentence) => {
    expect(await problemsOf(manifest, files)).toContainEqual(expect.stringMatching(sentence));
  });
});
