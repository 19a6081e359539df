import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigUnreadable, FileMode } from '../errors.ts';

/** Who may read a file besides its owner. */
export type Secrecy = 'public' | 'secret';

/**
 * Reads a file that decides something: regular, of a bounded size, not to be changed by group or others, and when secret
 * not to be read by others (SEC-166; 0640 is fine, D1). Throws `E_CONFIG_UNREADABLE`, `E_FILE_MODE`.
 */
export function readGuarded(path: string, options: { readonly secrecy: Secrecy; readonly maxBytes: number }): Buffer {
  const descriptor = open(path);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw ConfigUnreadable({ path, problem: 'is no regular file', fix: 'name the file itself' });
    if (stat.size > options.maxBytes)
      throw ConfigUnreadable({
        path,
        problem: `is ${stat.size} bytes, at most ${options.maxBytes} are read`,
        fix: 'is this the right file?',
      });
    assertMode(path, stat, options.secrecy);
    assertParents(path);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw ConfigUnreadable(
        { path, problem: 'is not there', fix: 'check the path; stormpulse enroll makes the credentials' },
        { cause: error },
      );
    if (code === 'EACCES' || code === 'EPERM')
      throw ConfigUnreadable(
        { path, problem: 'may not be read by this user', fix: `run as its owner, or: chmod u+r ${path}` },
        { cause: error },
      );
    throw ConfigUnreadable({ path, problem: String(error), fix: 'check the file system' }, { cause: error });
  }
}

function assertMode(path: string, stat: Stats, secrecy: Secrecy): void {
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  if ((stat.mode & 0o022) !== 0)
    throw FileMode({ path, problem: `has mode ${mode}: its group or everybody may change it`, fix: `run: chmod go-w ${path}` });
  if (secrecy === 'secret' && (stat.mode & 0o007) !== 0)
    throw FileMode({ path, problem: `has mode ${mode}: everybody may read this secret`, fix: `run: chmod o= ${path}` });
}

/** Who may change a folder may change what is in it; sticky folders (such as /tmp) excepted. */
function assertParents(path: string): void {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const stat = statSync(folder);
    if ((stat.mode & 0o022) !== 0 && (stat.mode & 0o1000) === 0) {
      throw FileMode({
        path: folder,
        problem: `may be changed by others than its owner, and ${path} is below it`,
        fix: `run: chmod go-w ${folder}`,
      });
    }
    if (folder === dirname(folder)) return;
  }
}

/** True for a symbolic link; false for anything else and for nothing. */
export function isSymlink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}
