import { randomBytes } from 'node:crypto';
import { closeSync, constants, fchmodSync, fchownSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY, O_RDONLY, O_DIRECTORY } = constants;

export interface ReplaceOptions {
  /** Final from the first byte on (SEC-181). */
  readonly mode: number;
  readonly group?: number;
  /** Default true: on disk before it counts (SEC-180). A state that only informs may say false. */
  readonly durable?: boolean;
  /** Takes the file away again: a test that this folder can be written. */
  readonly remove?: boolean;
}

/** Replaces a file atomically: the old content or the new, never a part of it (SEC-180). Throws what the file system says. */
export function replaceFile(path: string, content: Buffer, options: ReplaceOptions): void {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const durable = options.durable ?? true;
  const descriptor = openSync(temporary, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, options.mode);
  try {
    try {
      fchmodSync(descriptor, options.mode);
      if (options.group !== undefined) fchownSync(descriptor, 0, options.group);
      writeFileSync(descriptor, content);
      if (durable) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (options.remove === true) rmSync(path);
  if (durable) syncFolder(dirname(path));
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
