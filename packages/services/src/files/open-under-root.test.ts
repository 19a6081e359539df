import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { link, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileReason, openUnderRoot } from './index.ts';
import type { OpenMode } from './index.ts';

interface FsCase {
  readonly id: string;
  readonly setup: {
    readonly files?: Readonly<Record<string, string>>;
    readonly outside_files?: Readonly<Record<string, string>>;
    readonly symlinks?: Readonly<Record<string, string>>;
    readonly hardlinks?: Readonly<Record<string, string>>;
    readonly fifos?: readonly string[];
    readonly dirs?: readonly string[];
    readonly swap?: { readonly component: string; readonly with_symlink_to: string; readonly rounds: number };
  };
  readonly value: string;
  readonly verdict: 'accept' | 'reject';
  readonly reason?: string;
  readonly note?: string;
}

const vectors = JSON.parse(readFileSync(new URL('../../../../test/vectors/hostile-params.json', import.meta.url), 'utf8')) as {
  readonly fs_cases: readonly FsCase[];
};

let base: string;
let root: string;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'under-root-'));
  root = join(base, 'root');
  await mkdir(root);
  await mkdir(join(base, 'outside'));
});

afterEach(() => rm(base, { recursive: true, force: true }));

async function outcome(path: string, mode: OpenMode): Promise<string> {
  try {
    const handle = await openUnderRoot(root, path, { mode });
    const text = mode === 'read' ? await handle.readFile('utf8') : 'opened';
    await handle.close();
    return text;
  } catch (error) {
    const reason = fileReason(error);
    if (reason === undefined) throw error;
    return reason;
  }
}

async function put(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function build({ setup }: FsCase): Promise<void> {
  for (const [path, text] of Object.entries(setup.files ?? {})) await put(join(root, path), text);
  for (const [path, text] of Object.entries(setup.outside_files ?? {})) await put(join(base, 'outside', path), text);
  for (const path of setup.dirs ?? []) await mkdir(join(root, path), { recursive: true });
  for (const path of [...Object.keys(setup.symlinks ?? {}), ...(setup.fifos ?? [])])
    await mkdir(dirname(join(root, path)), { recursive: true });
  for (const [path, target] of Object.entries(setup.symlinks ?? {})) await symlink(target, join(root, path));
  for (const [path, target] of Object.entries(setup.hardlinks ?? {})) await link(join(root, target), join(root, path));
  for (const path of setup.fifos ?? []) execFileSync('mkfifo', [join(root, path)]);
}

describe('SEC-117 a file below a root', () => {
  it.each(vectors.fs_cases.filter((test) => test.setup.swap === undefined))(
    'SEC-117 $id: $value is $verdict $reason',
    async (test) => {
      await build(test);
      const whenWritten = test.reason === 'multiple_links';
      const result = await outcome(test.value, whenWritten ? 'write' : 'read');
      expect(result).toBe(test.verdict === 'accept' ? (test.setup.files?.[test.value] ?? '') : test.reason);
      if (whenWritten) expect(await outcome(test.value, 'read')).toBe('x');
    },
  );

  it('SEC-117 HP-F07: a folder swapped for a link never lets the outside file be read', { timeout: 120_000 }, async () => {
    const { swap } = vectors.fs_cases.find((test) => test.setup.swap !== undefined)?.setup ?? {};
    await put(join(root, 'logs', 'app.log'), 'inside');
    await put(join(base, 'outside', 'app.log'), 'secret');
    const swapper = new Worker(SWAPPER, {
      eval: true,
      workerData: { folder: join(root, 'logs'), target: swap?.with_symlink_to },
    });
    try {
      await new Promise((resolve) => {
        swapper.once('message', resolve);
      });
      const seen = new Map<string, number>();
      for (let round = 0; round < (swap?.rounds ?? 0); round += 1) {
        const result = await outcome('logs/app.log', 'read');
        seen.set(result, (seen.get(result) ?? 0) + 1);
      }
      expect([...seen.keys()].filter((result) => !['inside', 'symlink_component', 'not_found'].includes(result))).toEqual([]);
      expect(seen.get('symlink_component')).toBeGreaterThan(0);
    } finally {
      await swapper.terminate();
    }
  });
});

/** Puts a link where the folder was, and the folder back, until it is terminated. */
const SWAPPER = `
const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
const { parentPort, workerData: { folder, target } } = require('node:worker_threads');
for (let round = 0; ; round += 1) {
  renameSync(folder, folder + '.real');
  symlinkSync(target, folder);
  if (round === 0) parentPort.postMessage('swapping');
  unlinkSync(folder);
  renameSync(folder + '.real', folder);
}`;

describe('SEC-117 the text of a path', () => {
  it.each([
    ['', 'empty'],
    ['a\0b', 'control_char'],
    ['/etc/passwd', 'absolute_path'],
    ['../x', 'path_traversal'],
    ['a/../../x', 'path_traversal'],
    ['a//b', 'path_not_normalized'],
    ['./a', 'path_not_normalized'],
    ['a/', 'path_not_normalized'],
  ])('%j is refused as %s', async (path, reason) => {
    expect(await outcome(path, 'read')).toBe(reason);
  });
});

describe('opening', () => {
  it('tells a missing file, a file used as a folder, and an existing file that should be new', async () => {
    await put(join(root, 'a'), 'x');
    expect(await outcome('missing/x', 'read')).toBe('not_found');
    expect(await outcome('a/x', 'read')).toBe('not_a_directory');
    expect(await outcome('a', 'create')).toBe('already_exists');
  });

  it('creates a file that only its owner can read, and writes and appends to one', async () => {
    const created = await openUnderRoot(root, 'new', { mode: 'create' });
    await created.writeFile('one');
    expect((await created.stat()).mode & 0o777).toBe(0o600);
    await created.close();
    const appended = await openUnderRoot(root, 'new', { mode: 'append' });
    await appended.writeFile(' two');
    await appended.close();
    expect(await readFile(join(root, 'new'), 'utf8')).toBe('one two');
  });

  it('does not create through a link that leads nowhere yet', async () => {
    await symlink('../outside/new', join(root, 'link'));
    expect(await outcome('link', 'create')).toBe('already_exists');
    expect(await readdir(join(base, 'outside'))).toEqual([]);
  });

  it('leaves no descriptor open, whatever the outcome', async () => {
    await put(join(root, 'a', 'b'), 'x');
    const before = (await readdir('/proc/self/fd')).length;
    for (const path of ['a/b', 'a', 'a/c', 'a/b/c', '..']) await outcome(path, 'read');
    expect((await readdir('/proc/self/fd')).length).toBe(before);
  });

  it('says in words what is wrong', async () => {
    await expect(openUnderRoot(root, '../x', { mode: 'read' })).rejects.toMatchObject({
      code: 'E_FILE_REFUSED',
      message: `"../x" below ${root} leaves the root through ".."`,
    });
  });
});
