import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isAgentError } from '@stormpulse/plugin-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TREE_LIMITS, compareVersions, openVerified, packageFacts, readTree, treeDigest } from './index.ts';
import type { VerifiedTree } from './index.ts';

const MANIFEST = JSON.stringify({ name: '@example/weather', version: '1.2.0', type: 'module', exports: './index.js' });
const NOBODY = 65_534;

let base: string;
let tree: string;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'packages-'));
  tree = join(base, 'tree');
  put('package.json', MANIFEST);
  put('index.js', 'export default 1;\n');
  put('node_modules/dep/index.js', '0;\n');
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function put(path: string, content: string | Uint8Array, root = tree): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

const digest = (root = tree): string => treeDigest(readTree(root));

function open(integrity: string, more: Partial<Parameters<typeof openVerified>[0]> = {}): VerifiedTree {
  return openVerified({
    folder: tree,
    integrity,
    agentUid: 1_000,
    copiesFolder: join(base, 'copies'),
    copyName: 'weather',
    ...more,
  });
}

/** The code of what it refuses with, and the path it names. */
function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!isAgentError(error)) throw error;
    const { where = '' } = error.details as { readonly where?: string };
    return `${error.code} ${where}`.trim();
  }
  return 'nothing refused';
}

describe('SEC-201: the digest of a tree', () => {
  it('is the one that its definition gives', () => {
    rmSync(tree, { recursive: true });
    put('b/c', '');
    put('a', '1');
    // Made by hand of the definition: domain, then length of path, path, size, SHA-512 of the content.
    expect(digest()).toBe('sha512-6zRSxtyQ2i3J9ftcTPEEw7cXDCPuSeaMUfpxO/iWccXgHFE+MiaTTgvCX4CXFjPIcAiaNeGwpJyxWSmnUweG9A==');
  });

  it('does not know folders, modes and times, nor the order in which files were made', () => {
    const before = digest();
    mkdirSync(join(tree, 'empty'));
    chmodSync(join(tree, 'index.js'), 0o600);
    rmSync(join(tree, 'package.json'));
    put('package.json', MANIFEST);
    expect(digest()).toBe(before);
  });

  it.each<[string, () => void]>([
    ['one byte flipped', () => put('index.js', 'export default 2;\n')],
    ['one byte flipped in a dependency', () => put('node_modules/dep/index.js', '1;\n')],
    ['one file added', () => put('more.js', '')],
    ['one file removed', () => rmSync(join(tree, 'node_modules/dep/index.js'))],
    ['one file renamed', () => put('index.mjs', readFileSync(join(tree, 'index.js')))],
    ['a byte moved from one file to the next', () => (put('a', '12'), put('b', ''))],
  ])('SEC-201: %s: another digest, and nothing is given to run', (_, change) => {
    const granted = digest();
    change();
    expect(digest()).not.toBe(granted);
    expect(refusal(() => open(granted))).toBe('E_PLUGIN_INTEGRITY');
    expect(readdirSync(join(base, 'copies'))).toEqual([]);
  });
});

describe('SEC-201, W32: a tree holds regular files alone', () => {
  it.each<[string, () => void, string]>([
    ['a link', () => symlinkSync('index.js', join(tree, 'link.js')), 'link.js'],
    ['a link to a folder', () => symlinkSync('/etc', join(tree, 'etc')), 'etc'],
    ['a pipe', () => void execFileSync('mkfifo', [join(tree, 'pipe')]), 'pipe'],
    ['a dot file', () => put('.DS_Store', ''), '.DS_Store'],
    ['a dot folder of a dependency', () => put('node_modules/.bin/x', ''), 'node_modules/.bin'],
    ['a name with a line end', () => put('a\nb', ''), 'a\nb'],
    ['a backslash', () => put('a\\b', ''), 'a\\b'],
    ['a name that is no UTF-8', () => writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), Buffer.from([0xff])]), ''), '\uFFFD'],
    ['a path too deep', () => put(`${'d/'.repeat(TREE_LIMITS.depth)}f`, ''), 'd/'.repeat(TREE_LIMITS.depth).slice(0, -1)],
  ])('refuses %s', (_, make, where) => {
    make();
    expect(refusal(digest)).toContain(`E_PLUGIN_TREE ${where}`);
  });

  it('W33: refuses 4097 files, a file of 8 MiB and a byte, and 32 MiB and a byte', () => {
    put('big', Buffer.alloc(TREE_LIMITS.fileBytes));
    expect(refusal(digest)).toBe('nothing refused');
    put('big', Buffer.alloc(TREE_LIMITS.fileBytes + 1));
    expect(refusal(digest)).toBe('E_PLUGIN_TREE big');
    for (const name of ['big', 'big2', 'big3', 'big4']) put(name, Buffer.alloc(TREE_LIMITS.fileBytes));
    expect(refusal(digest)).toContain('E_PLUGIN_TREE');
    for (const name of ['big', 'big2', 'big3', 'big4']) rmSync(join(tree, name));
    for (let n = 0; n < TREE_LIMITS.files - 3; n += 1) writeFileSync(join(tree, `f${n}`), '');
    expect(refusal(digest)).toBe('nothing refused');
    put('one-more', '');
    expect(refusal(digest)).toContain('E_PLUGIN_TREE');
  });

  it('leaves the dot files of dependencies out where an installer asks for that, never those of the package', () => {
    put('node_modules/.package-lock.json', '{}');
    put('node_modules/dep/.npmignore', '');
    const names = [...readTree(tree, 'leaveOutOfDependencies')].map(({ path }) => path);
    expect(names).toEqual(['index.js', 'node_modules/dep/index.js', 'package.json']);
    put('.gitignore', '');
    expect(refusal(() => [...readTree(tree, 'leaveOutOfDependencies')])).toBe('E_PLUGIN_TREE .gitignore');
  });
});

describe('SEC-201: what runs is the bytes that were hashed', () => {
  it('a file swapped during the scan: the digest is not the granted one, and no copy stays', () => {
    const granted = digest();
    const files = readTree(tree);
    const seen = [files.next().value];
    put('package.json', MANIFEST.replace('1.2.0', '6.6.6'));
    expect(treeDigest([...seen, ...files].flatMap((file) => file ?? []))).not.toBe(granted);
  });

  it('a file swapped between scan and import: the copy has the bytes that were hashed', () => {
    const { folder, isInPlace } = open(digest());
    put('index.js', 'export default "swapped";\n');
    expect(isInPlace).toBe(false);
    expect(readFileSync(join(folder, 'index.js'), 'utf8')).toBe('export default 1;\n');
    expect(digest(folder)).not.toBe(digest());
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'index.js')).mode & 0o777).toBe(0o400);
  });

  it('a file that becomes a link after it was listed is not followed', () => {
    const files = readTree(tree);
    files.next();
    rmSync(join(tree, 'package.json'));
    symlinkSync('/etc/passwd', join(tree, 'package.json'));
    expect(() => [...files]).toThrow(/ELOOP|too many/iu);
  });

  const asRoot = it.runIf(process.geteuid?.() === 0);
  asRoot('in place only where nobody but root can change any part of it', () => {
    const roots = mkdtempSync(join(homedir(), 'packages-'));
    try {
      tree = join(roots, 'tree');
      put('package.json', MANIFEST);
      put('index.js', 'export default 1;\n');
      put('sub/file.js', '');
      const integrity = digest();
      const isInPlace = (): boolean => {
        rmSync(join(base, 'copies'), { recursive: true, force: true });
        return open(integrity).isInPlace;
      };
      expect(isInPlace()).toBe(true);
      const undo: [() => void, () => void][] = [
        [() => chownSync(join(tree, 'index.js'), NOBODY, 0), () => chownSync(join(tree, 'index.js'), 0, 0)],
        [() => chmodSync(join(tree, 'index.js'), 0o664), () => chmodSync(join(tree, 'index.js'), 0o644)],
        [() => chmodSync(join(tree, 'sub'), 0o757), () => chmodSync(join(tree, 'sub'), 0o755)],
        [() => chownSync(tree, NOBODY, 0), () => chownSync(tree, 0, 0)],
        [() => chmodSync(roots, 0o1777), () => chmodSync(roots, 0o755)],
      ];
      for (const [open_, close] of undo) {
        open_();
        expect(isInPlace()).toBe(false);
        close();
      }
      expect(open(integrity, { agentUid: 0, copyName: 'root' }).isInPlace).toBe(false);
    } finally {
      rmSync(roots, { recursive: true, force: true });
    }
  });

  asRoot('refuses a copy below a node_modules of somebody else: a module could be taken from there', () => {
    mkdirSync(join(base, 'node_modules'));
    chownSync(join(base, 'node_modules'), NOBODY, NOBODY);
    expect(refusal(() => open(digest()))).toBe(`E_PLUGIN_TREE ${join(base, 'node_modules')}`);
    chownSync(join(base, 'node_modules'), 0, 0);
    expect(open(digest()).isInPlace).toBe(false);
  });

  it('a second name of a file outside counts by its content', () => {
    linkSync(join(tree, 'index.js'), join(base, 'outside'));
    const { folder } = open(digest());
    writeFileSync(join(base, 'outside'), 'changed');
    expect(readFileSync(join(folder, 'index.js'), 'utf8')).toBe('export default 1;\n');
  });
});

describe('SEC-202, SEC-203: package.json is read as data, and checked', () => {
  const facts = (change: object): unknown =>
    packageFacts(
      Buffer.from(JSON.stringify({ name: 'weather', version: '1.0.0', ...change })),
      new Set(['index.js', 'lib/a.mjs', 'a.txt']),
    );

  it.each<[object, string]>([
    [{}, 'index.js'],
    [{ main: './lib/a.mjs' }, 'lib/a.mjs'],
    [{ exports: './lib/a.mjs', main: 'index.js' }, 'lib/a.mjs'],
    [{ exports: { '.': { types: './a.d.ts', import: './index.js' } } }, 'index.js'],
    [{ exports: { import: { node: './index.js' } } }, 'index.js'],
  ])('%j exports %s', (change, entry) => {
    expect(facts(change)).toMatchObject({ name: 'weather', version: '1.0.0', entry });
  });

  it.each<[object]>([
    [{ name: '../x' }],
    [{ name: '@a/../b' }],
    [{ name: 'Weather' }],
    [{ name: 7 }],
    [{ version: '1.0' }],
    [{ version: '1.0.0/../..' }],
    [{ version: ['1.0.0'] }],
    [{ main: '../outside.js' }],
    [{ main: '/etc/passwd' }],
    [{ main: 'a.txt' }],
    [{ exports: { '.': { require: './index.js' } } }],
    [{ exports: {} }],
  ])('refuses %j', (change) => {
    expect(refusal(() => facts(change))).toBe('E_PLUGIN_PACKAGE');
  });

  it('tells what it needs: dependencies, and peers that are not optional', () => {
    expect(
      facts({
        dependencies: { a: '1' },
        devDependencies: { b: '1' },
        peerDependencies: { c: '1', d: '1' },
        peerDependenciesMeta: { d: { optional: true } },
      }),
    ).toMatchObject({ dependencies: ['a', 'c'] });
  });

  it('refuses no package.json, no JSON, and a text that is too long', () => {
    for (const text of [undefined, Buffer.from('{'), Buffer.from([0xff]), Buffer.alloc(300_000, 0x20)])
      expect(refusal(() => packageFacts(text, new Set()))).toBe('E_PLUGIN_PACKAGE');
  });

  it('knows which version is older', () => {
    const order = [
      '0.9.9',
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-rc.2',
      '1.0.0-rc.11',
      '1.0.0',
      '1.0.10',
      '1.2.0',
      '10.0.0',
    ];
    for (const [at, a] of order.entries())
      for (const [to, b] of order.entries()) expect(Math.sign(compareVersions(a, b)), `${a} ${b}`).toBe(Math.sign(at - to));
    expect(compareVersions('1.0.0+a', '1.0.0+b')).toBe(0);
  });
});
