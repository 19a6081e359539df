import { chmodSync, closeSync, fchmodSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { TreeFile } from './tree-rules.ts';

/** Modes of what is written: `shared` is read by others than its owner, `private` by nobody else. */
const MODES = { shared: { folder: 0o755, file: 0o444 }, private: { folder: 0o700, file: 0o400 } } as const;

/**
 * Writes files one by one below a folder that is made for them. What a power cut tears is found by its digest, so nothing waits for
 * the disk. Throws `EEXIST` for one that is there, and what the file system says.
 */
export function treeWriter(folder: string, access: keyof typeof MODES): (file: TreeFile) => void {
  const modes = MODES[access];
  const makeFolder = (path: string): void => {
    mkdirSync(path, { mode: modes.folder });
    chmodSync(path, modes.folder); // whatever the mask of whoever installs it
  };
  makeFolder(folder);
  const made = new Set(['.']);
  const make = (path: string): void => {
    if (made.has(path)) return;
    make(dirname(path));
    makeFolder(join(folder, path));
    made.add(path);
  };
  return ({ path, bytes }) => {
    make(dirname(path));
    const descriptor = openSync(join(folder, path), 'wx', modes.file);
    try {
      fchmodSync(descriptor, modes.file);
      writeFileSync(descriptor, bytes);
    } finally {
      closeSync(descriptor);
    }
  };
}
