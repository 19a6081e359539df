import { lstatSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Whether nobody but root can change a tree, or a folder above it: then what was hashed there is what runs (SEC-201). A sticky
 * folder above counts as open: whoever may write there could put a module beside the tree. False as well where `agentUid` is root.
 */
export function isOutOfReach(folder: string, agentUid: number): boolean {
  if (agentUid === 0) return false;
  for (let above = dirname(resolve(folder)); ; above = dirname(above)) {
    if (!isRootsAlone(above)) return false;
    if (above === dirname(above)) break;
  }
  return isTreeRootsAlone(folder);
}

function isTreeRootsAlone(path: string): boolean {
  const stat = lstatSync(path);
  if (!isRootsAlone(path)) return false;
  return !stat.isDirectory() || readdirSync(path).every((name) => isTreeRootsAlone(join(path, name)));
}

/** Of root, and writable for nobody else. */
export function isRootsAlone(path: string): boolean {
  const { uid, mode } = lstatSync(path);
  return uid === 0 && (mode & 0o022) === 0;
}

/**
 * A folder `node_modules` above a tree whose owner is neither root nor `trustedUid`, or that others may change: a module missing in
 * the tree would be taken from there, and nobody hashed it. Undefined when there is none.
 */
export function strayModules(folder: string, trustedUid: number): string | undefined {
  for (let above = dirname(resolve(folder)); ; above = dirname(above)) {
    const path = join(above, 'node_modules');
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && ((stat.uid !== 0 && stat.uid !== trustedUid) || (stat.mode & 0o022) !== 0)) return path;
    if (above === dirname(above)) return undefined;
  }
}
