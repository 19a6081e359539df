import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  futimesSync,
  lstatSync,
  openSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Stats } from 'node:fs';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY, O_RDONLY, O_DIRECTORY } = constants;

export interface Access {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A new file with its final mode and owner from its first byte (SEC-181), on disk when this returns. `mtime` in whole seconds. */
export function createDurably(path: string, content: string, { mode, uid, gid }: Access, mtime: number): void {
  const descriptor = openSync(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, mode & 0o700);
  try {
    if (uid !== process.geteuid?.() || gid !== process.getegid?.()) fchownSync(descriptor, uid, gid);
    fchmodSync(descriptor, mode);
    writeFileSync(descriptor, content);
    futimesSync(descriptor, mtime, mtime);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

export function syncFolder(path: string): void {
  const descriptor = openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** What is there, a link itself; undefined when nothing is. */
export function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** Removes a file when it is there. */
export function removeIfThere(path: string): void {
  if (look(path) !== undefined) unlinkSync(path);
}
