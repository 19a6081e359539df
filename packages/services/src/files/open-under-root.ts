import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { FileRefused } from './file-refusal.ts';
import type { FileReason } from './file-refusal.ts';

/** `write`: an existing file, not truncated. `append`: likewise, at its end. `create`: a new file of mode 0600. */
export type OpenMode = 'read' | 'write' | 'append' | 'create';

export interface OpenUnderRootOptions {
  readonly mode: OpenMode;
}

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** Linux on every architecture Node runs on: a descriptor that names a file without opening it, so a FIFO cannot block. */
const O_PATH = 0o10_000_000;

const FLAGS: Readonly<Record<OpenMode, number>> = {
  read: O_RDONLY | O_NONBLOCK,
  write: O_WRONLY | O_NONBLOCK,
  append: O_WRONLY | O_APPEND | O_NONBLOCK,
  create: O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NONBLOCK,
};

const REASONS: Readonly<Record<string, FileReason>> = {
  ENOENT: 'not_found',
  ENOTDIR: 'not_a_directory',
  ELOOP: 'symlink_component',
  EEXIST: 'already_exists',
  EACCES: 'not_permitted',
  EPERM: 'not_permitted',
};

/**
 * Opens a regular file below a root that local configuration fixed, component by component, each relative to the descriptor
 * of the one before, never through a symbolic link (SEC-117). The caller closes the handle. Rejects with `E_FILE_REFUSED`,
 * whose `details.reason` says why, or with the system's error for the root itself.
 */
export async function openUnderRoot(root: string, relativePath: string, { mode }: OpenUnderRootOptions): Promise<FileHandle> {
  const refuse = (reason: FileReason, cause?: unknown): never => {
    throw FileRefused({ root, path: relativePath, reason }, cause === undefined ? {} : { cause });
  };
  const segments = splitPath(relativePath, refuse);
  const last = segments.pop() ?? '';
  let folder = await open(root, O_RDONLY | O_DIRECTORY);
  try {
    for (const segment of segments) {
      const next = await openDirectory(folder, segment, refuse);
      await folder.close();
      folder = next;
    }
    return mode === 'create' ? await createFile(folder, last, refuse) : await openFile(folder, last, mode, refuse);
  } finally {
    await folder.close();
  }
}

type Refuse = (reason: FileReason, cause?: unknown) => never;

function splitPath(path: string, refuse: Refuse): string[] {
  if (path === '') refuse('empty');
  if (path.includes('\0')) refuse('control_char');
  if (path.startsWith('/')) refuse('absolute_path');
  const segments = path.split('/');
  if (segments.includes('..')) refuse('path_traversal');
  if (segments.some((segment) => segment === '' || segment === '.')) refuse('path_not_normalized');
  return segments;
}

async function openDirectory(folder: FileHandle, name: string, refuse: Refuse): Promise<FileHandle> {
  const handle = await openPath(folder, name, refuse);
  const found = await kindOf(handle);
  if (found === 'directory') return handle;
  await handle.close();
  return refuse(found === 'link' ? 'symlink_component' : 'not_a_directory');
}

/** The type is read from the descriptor that is then opened, so nothing can be put in its place. */
async function openFile(
  folder: FileHandle,
  name: string,
  mode: 'read' | 'write' | 'append',
  refuse: Refuse,
): Promise<FileHandle> {
  const handle = await openPath(folder, name, refuse);
  try {
    const found = await kindOf(handle);
    if (found === 'link') refuse('symlink_component');
    if (found !== 'file') refuse('not_a_regular_file');
    if (mode !== 'read' && (await handle.stat()).nlink > 1) refuse('multiple_links');
    return await open(descriptorPath(handle), FLAGS[mode]).catch((error: unknown) => refuseSystem(error, refuse));
  } finally {
    await handle.close();
  }
}

function createFile(folder: FileHandle, name: string, refuse: Refuse): Promise<FileHandle> {
  return open(`${descriptorPath(folder)}/${name}`, FLAGS.create, 0o600).catch((error: unknown) => refuseSystem(error, refuse));
}

function openPath(folder: FileHandle, name: string, refuse: Refuse): Promise<FileHandle> {
  return open(`${descriptorPath(folder)}/${name}`, O_PATH | O_NOFOLLOW).catch((error: unknown) => refuseSystem(error, refuse));
}

/** Node has no `openat`; the kernel's own link to an open descriptor does the same. */
function descriptorPath(handle: FileHandle): string {
  return `/proc/self/fd/${handle.fd}`;
}

async function kindOf(handle: FileHandle): Promise<'file' | 'directory' | 'link' | 'other'> {
  const stat = await handle.stat();
  if (stat.isSymbolicLink()) return 'link';
  if (stat.isDirectory()) return 'directory';
  return stat.isFile() ? 'file' : 'other';
}

function refuseSystem(error: unknown, refuse: Refuse): never {
  const reason = REASONS[String((error as NodeJS.ErrnoException).code)];
  if (reason === undefined) throw error;
  return refuse(reason, error);
}
