import { execFile } from 'node:child_process';
import { link, mkdir, mkdtemp, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fileReason, openUnderRoot } from '@stormpulse/services/files';
import { expectSame, fail } from './cases.ts';
import { isVector, number, text } from './vectors.ts';
import type { Vector } from './vectors.ts';

const run = promisify(execFile);

/** Opens a path below a root that was set up as the vector says. */
export async function checkFileCase(vector: Vector): Promise<void> {
  const { setup } = vector;
  if (!isVector(setup)) return fail('the vector has no setup');
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const root = join(folder, 'root');
    await build(folder, root, setup);
    if (isVector(setup['swap'])) await checkSwap(vector, setup['swap'], folder);
    else expectSame('verdict', await openReason(root, vector), expectedReason(vector));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function build(folder: string, root: string, setup: Vector): Promise<void> {
  await mkdir(root);
  await mkdir(join(folder, 'outside'));
  for (const path of (setup['dirs'] ?? []) as string[]) await mkdir(join(root, path), { recursive: true });
  for (const [path, content] of entries(setup, 'files')) await put(join(root, path), content);
  for (const [path, content] of entries(setup, 'outside_files')) await put(join(folder, 'outside', path), content);
  for (const [path, target] of entries(setup, 'symlinks')) await place(join(root, path), (at) => symlink(target, at));
  for (const [path, target] of entries(setup, 'hardlinks')) await place(join(root, path), (at) => link(join(root, target), at));
  for (const path of (setup['fifos'] ?? []) as string[]) await place(join(root, path), (at) => run('mkfifo', [at]));
}

function entries(setup: Vector, name: string): [string, string][] {
  return Object.entries((setup[name] ?? {}) as Record<string, string>);
}

async function put(path: string, content: string): Promise<void> {
  await place(path, (at) => writeFile(at, content));
}

async function place(path: string, make: (path: string) => Promise<unknown>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await make(path);
}

function expectedReason(vector: Vector): string {
  return vector['verdict'] === 'reject' ? text(vector, 'reason') : text(vector, 'verdict');
}

/** `accept`, or why the path was refused. A second link matters only to whoever is about to write. */
async function openReason(root: string, vector: Vector): Promise<string> {
  const mode = vector['reason'] === 'multiple_links' ? 'write' : 'read';
  try {
    const handle = await openUnderRoot(root, text(vector, 'value'), { mode });
    await handle.close();
    return 'accept';
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  const reason = fileReason(error);
  if (reason === undefined) throw error;
  return reason;
}

const INSIDE = 'inside';
const OUTSIDE = 'outside';

/** A component changes between folder and symbolic link while it is opened: whatever is read comes from inside. */
async function checkSwap(vector: Vector, swap: Vector, folder: string): Promise<void> {
  const root = join(folder, 'root');
  const value = text(vector, 'value');
  const component = join(root, text(swap, 'component'));
  await put(join(root, value), INSIDE);
  await put(join(root, text(swap, 'with_symlink_to'), value.slice(text(swap, 'component').length + 1)), OUTSIDE);
  const swapping = { stop: false };
  const swapper = keepSwapping(component, text(swap, 'with_symlink_to'), swapping);
  const reasons = new Set<string>();
  try {
    for (let round = 0; round < number(swap, 'rounds'); round += 1) {
      const content = await readOnce(root, value, reasons);
      if (content === OUTSIDE) fail(`round ${round} read the file outside the root`);
    }
  } finally {
    swapping.stop = true;
    await swapper;
  }
  if (!reasons.has(expectedReason(vector)))
    fail(`no round was refused as ${expectedReason(vector)}; seen: ${[...reasons].join(', ')}`);
}

async function readOnce(root: string, path: string, reasons: Set<string>): Promise<string | undefined> {
  try {
    const handle = await openUnderRoot(root, path, { mode: 'read' });
    try {
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  } catch (error) {
    reasons.add(reasonOf(error));
    return undefined;
  }
}

async function keepSwapping(component: string, target: string, swapping: { readonly stop: boolean }): Promise<void> {
  const aside = `${component}.aside`;
  while (!swapping.stop) {
    await rename(component, aside);
    await symlink(target, component);
    await unlink(component);
    await rename(aside, component);
  }
}
