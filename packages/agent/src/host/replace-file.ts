import { randomBytes } from 'node:crypto';
import { closeSync, constants, fchmodSync, fchownSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY, O_RDONLY, O_DIRECTORY } = constants;

export interface FileAccess {
  /** Final from the first byte on (SEC-181). */
  readonly mode: number;
  readonly group?: number;
}

export interface ReplaceOptions extends FileAccess {
  /** Default true: on disk before it counts (SEC-180). A state that only informs may say false. */
  readonly durable?: boolean;
}

/** Replaces a file atomically: the old content or the new, never a part of it (SEC-180). Throws what the file system says. */
export function replaceFile(path: string, content: string | Buffer, options: ReplaceOptions): void {
  const durable = options.durable ?? true;
  const temporary = stage(path, content, options, durable);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (durable) syncFolder(dirname(path));
}

/** Replaces files of one folder, in order, once the content of every one of them is on disk: a full disk changes none. */
export function replaceFiles(
  entries: readonly { readonly path: string; readonly content: string | Buffer; readonly access: FileAccess }[],
): void {
  const staged: { readonly temporary: string; readonly path: string }[] = [];
  try {
    for (const { path, content, access } of entries) staged.push({ temporary: stage(path, content, access, true), path });
    for (const { temporary, path } of staged) renameSync(temporary, path);
  } catch (error) {
    for (const { temporary } of staged) rmSync(temporary, { force: true });
    throw error;
  }
  for (const folder of new Set(entries.map(({ path }) => dirname(path)))) syncFolder(folder);
}

/** Makes a file that was not there, durably. Throws `EEXIST` when it is, also for a link that leads nowhere. */
export function createFile(path: string, content: string, access: FileAccess): void {
  write(path, content, access, true);
  syncFolder(dirname(path));
}

/** Makes and removes a file: whether this folder can be written. Throws what the file system says. */
export function probeFolder(folder: string, content = ''): void {
  rmSync(stage(`${folder}/.stormpulse-write-test`, content, { mode: 0o600 }, true));
}

function stage(path: string, content: string | Buffer, access: FileAccess, durable: boolean): string {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  write(temporary, content, access, durable);
  return temporary;
}

function write(path: string, content: string | Buffer, access: FileAccess, durable: boolean): void {
  const descriptor = openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, access.mode);
  try {
    fchmodSync(descriptor, access.mode);
    if (access.group !== undefined) fchownSync(descriptor, 0, access.group);
    writeFileSync(descriptor, content);
    if (durable) fsyncSync(descriptor);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
