import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, realpathSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigUnreadable, FileMode } from '../errors.ts';

/** Who may read a file besides its owner. */
export type Secrecy = 'public' | 'secret';

interface Guard {
  readonly secrecy: Secrecy;
  readonly maxBytes: number;
}

/**
 * Reads a file that decides something: regular, of a bounded size, ours or root's, not to be changed by group or others,
 * and when secret not to be read by others (SEC-166; 0640 is fine, D1). Throws `E_CONFIG_UNREADABLE`, `E_FILE_MODE`.
 */
export function readGuarded(path: string, options: Guard): Buffer {
  return withGuarded(path, options, (descriptor) => readFileSync(descriptor));
}

/** Whether {@link readGuarded} would give it; nothing of it is read, so nothing of a key stays in memory. Throws the same. */
export function assertGuarded(path: string, options: Guard): void {
  withGuarded(path, options, () => undefined);
}

function withGuarded<T>(path: string, options: Guard, use: (descriptor: number) => T): T {
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
    assertOwner(path, stat);
    assertMode(path, stat, options.secrecy);
    assertParents(path);
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The folder of the agent's state, and what is above it: nobody else may put another database there (SEC-166). Throws `E_FILE_MODE`. */
export function assertStateFolder(databasePath: string): void {
  const database = statSync(databasePath, { throwIfNoEntry: false });
  if (database !== undefined) {
    assertOwner(databasePath, database);
    assertMode(databasePath, database, 'public');
  }
  assertParents(databasePath);
}

function open(path: string): number {
  try {
    // Without O_NONBLOCK a pipe would hold the agent until somebody writes into it.
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

function assertOwner(path: string, stat: Stats): void {
  const own = process.geteuid?.() ?? stat.uid;
  if (stat.uid === 0 || stat.uid === own) return;
  throw FileMode({
    path,
    problem: `belongs to user ${stat.uid}, who may change it; expected this user or root`,
    fix: `run: chown ${own} ${path}`,
  });
}

function assertMode(path: string, stat: Stats, secrecy: Secrecy): void {
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  if ((stat.mode & 0o022) !== 0)
    throw FileMode({ path, problem: `has mode ${mode}: its group or everybody may change it`, fix: `run: chmod go-w ${path}` });
  if (secrecy === 'secret' && (stat.mode & 0o007) !== 0)
    throw FileMode({ path, problem: `has mode ${mode}: everybody may read this secret`, fix: `run: chmod o= ${path}` });
}

/** Who may change a folder may change what is in it; in sticky ones (such as /tmp) their owner still may. Looks along links and past them. */
function assertParents(path: string): void {
  const written = resolve(path);
  for (const start of new Set([written, realPath(written)])) {
    for (let folder = dirname(start); ; folder = dirname(folder)) {
      const stat = statSync(folder);
      const { mode } = stat;
      assertOwner(folder, stat);
      if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0) {
        throw FileMode({
          path: folder,
          problem: `may be changed by others than its owner, and ${path} is below it`,
          fix: `run: chmod go-w ${folder}`,
        });
      }
      if (folder === dirname(folder)) break;
    }
  }
}

function realPath(path: string): string {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined
    ? resolve(realpathSync(dirname(path)), 'x')
    : realpathSync(path);
}
