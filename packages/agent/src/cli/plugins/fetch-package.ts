import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageFacts, readTree, treeDigest, treeWriter, unpack } from '@stormpulse/services/plugin-packages';
import type { PackageFacts, TreeFile } from '@stormpulse/services/plugin-packages';
import { Refused } from '../../errors.ts';
import { treeFolder } from '../../plugins/plugin-folders.ts';
import type { PluginsDeps } from './plugins-host.ts';

/** A package with everything it needs, beside those that are installed, and not one of them yet. */
export interface FetchedPackage {
  readonly facts: PackageFacts;
  readonly integrity: string;
  readonly files: number;
  readonly bytes: number;
  /** Where its tree is now. */
  readonly folder: string;
  /** Puts it in its place under a plugin's name; the same tree already there stays. */
  install(plugin: string): { readonly folder: string; readonly isNew: boolean };
  close(): void;
}

const MAX_ARCHIVE_BYTES = 64 * 1024 * 1024;
const QUIET = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

/**
 * Gets a package from a folder, a tarball, or a registry by its name; nothing of it is run, scripts of its dependencies neither
 * (SEC-202, SEC-203). Rejects with `E_PLUGIN_TREE`, `E_PLUGIN_PACKAGE`, `E_AGENT_REFUSED`.
 */
export async function fetchPackage(source: string, packages: string, { npm }: Pick<PluginsDeps, 'npm'>): Promise<FetchedPackage> {
  mkdirSync(packages, { recursive: true, mode: 0o755 });
  const staging = mkdtempSync(join(packages, '.staging-'));
  const close = (): void => rmSync(staging, { recursive: true, force: true });
  try {
    let files = await filesOf(source, staging, npm);
    const facts = factsOf(files);
    const lacking = facts.dependencies.filter((name) => !files.some(({ path }) => path === `node_modules/${name}/package.json`));
    if (lacking.length > 0) files = await withDependencies(files, staging, npm);
    const folder = join(staging, 'tree');
    const write = treeWriter(folder, 'shared');
    for (const file of files) write(file);
    const integrity = treeDigest(files);
    const bytes = files.reduce((sum, file) => sum + file.bytes.length, 0);
    const install = (plugin: string) => place(folder, packages, plugin, integrity);
    return { facts, integrity, files: files.length, bytes, folder, install, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function filesOf(source: string, staging: string, npm: PluginsDeps['npm']): Promise<readonly TreeFile[]> {
  const found = isPath(source) ? statSync(resolve(source), { throwIfNoEntry: false }) : undefined;
  if (found?.isDirectory() === true) return [...readTree(resolve(source), 'leaveOutOfDependencies')];
  if (found?.isFile() === true) return unpackFile(resolve(source));
  if (isPath(source)) throw Refused({ what: `${source} is not there; expected a folder, a .tgz, or the name of a package` });
  const folder = join(staging, 'packed');
  mkdirSync(folder);
  await npm(['pack', ...QUIET, '--', source], folder);
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw Refused({ what: `npm pack ${source} made no tarball; is this the name of a package?` });
  return unpackFile(join(folder, tarball));
}

/** What npm would read as a name or a version range is no path. */
function isPath(source: string): boolean {
  return source.startsWith('/') || source.startsWith('.') || source.endsWith('.tgz') || source.endsWith('.tar');
}

function unpackFile(path: string): readonly TreeFile[] {
  const { size } = lstatSync(path);
  if (size > MAX_ARCHIVE_BYTES) throw Refused({ what: `${path} is ${size} bytes; expected at most ${MAX_ARCHIVE_BYTES}` });
  return unpack(readFileSync(path));
}

function factsOf(files: readonly TreeFile[]): PackageFacts {
  const manifest = files.find(({ path }) => path === 'package.json');
  return packageFacts(manifest?.bytes, new Set(files.map(({ path }) => path)));
}

async function withDependencies(
  files: readonly TreeFile[],
  staging: string,
  npm: PluginsDeps['npm'],
): Promise<readonly TreeFile[]> {
  const folder = join(staging, 'installing');
  const write = treeWriter(folder, 'private');
  for (const file of files) write(file.path === 'package.json' ? withoutDevDependencies(file) : file);
  await npm(['install', '--omit=dev', '--install-links', '--no-package-lock', '--no-bin-links', ...QUIET], folder);
  const installed = [...readTree(folder, 'leaveOutOfDependencies')];
  // npm may only add: the package's own files are the ones that were unpacked.
  return [...files, ...installed.filter(({ path }) => !files.some((own) => own.path === path))].toSorted((a, b) =>
    Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)),
  );
}

/**
 * npm looks up what it is told to leave out, too, and leaves out a peer that is needed for development as well: an author's tools are
 * no business of a host.
 */
function withoutDevDependencies(file: TreeFile): TreeFile {
  const { devDependencies: _, ...manifest } = JSON.parse(new TextDecoder().decode(file.bytes)) as Readonly<
    Record<string, unknown>
  >;
  return { ...file, bytes: Buffer.from(JSON.stringify(manifest)) };
}

function place(from: string, packages: string, plugin: string, integrity: string): { folder: string; isNew: boolean } {
  const folder = treeFolder(packages, plugin, integrity);
  mkdirSync(join(packages, plugin), { recursive: true, mode: 0o755 });
  if (lstatSync(folder, { throwIfNoEntry: false }) !== undefined) {
    if (treeDigest(readTree(folder)) === integrity) return { folder, isNew: false };
    rmSync(folder, { recursive: true, force: true });
  }
  renameSync(from, folder);
  return { folder, isNew: true };
}
