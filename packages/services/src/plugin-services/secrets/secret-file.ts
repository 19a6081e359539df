import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { SecretInvalid, SecretMissing, SecretMode, SecretUnreadable } from './errors.ts';

const MAX_BYTES = 64 * 1024;

/**
 * The bytes of a file that holds a secret: regular, at most 64 KiB, ours or root's, in folders that nobody else may change, and to be
 * read by its owner alone; by its group too when root owns it, who hands it to the agent that way (SEC-166). Rejects with `E_SECRET_*`.
 */
export async function readSecretFile(path: string, source: string): Promise<Uint8Array> {
  const file = await opened(path, source);
  try {
    const found = await file.stat();
    assertFile(path, source, found);
    await assertFolders(path, source);
    return await read(file, path, source);
  } finally {
    await file.close();
  }
}

async function opened(path: string, source: string): Promise<FileHandle> {
  try {
    // Without O_NONBLOCK a pipe would hold the agent until somebody writes into it.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw failed(path, source, error);
  }
}

function failed(path: string, source: string, error: unknown) {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return SecretMissing({ source, fix: 'put it there, or correct the path in the file of the agent' }, { cause: error });
  const denied = code === 'EACCES' || code === 'EPERM';
  const problem = denied ? "this agent's user may not read it" : `the file system says ${code || 'no'}`;
  const fix = denied ? `make it root's and readable for the agent's group: chmod 0640 ${path}` : 'check the file system';
  return SecretUnreadable({ source, problem, fix }, { cause: error });
}

function assertFile(path: string, source: string, found: Stats): void {
  const refuse = (problem: string, fix: string): never => {
    throw SecretMode({ source, problem, fix });
  };
  if (!found.isFile()) throw SecretInvalid({ source, problem: 'it is no regular file', fix: 'name the file itself' });
  if (found.size > MAX_BYTES)
    throw SecretInvalid({
      source,
      problem: `it has ${found.size} bytes, at most ${MAX_BYTES} are read`,
      fix: 'is this the right file?',
    });
  if (!isTrusted(found.uid)) refuse(`it belongs to user ${found.uid}, who may change it`, `run: chown root ${path}`);
  const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
  if ((found.mode & 0o022) !== 0) refuse(`its mode ${mode} lets others change it`, `run: chmod go-w ${path}`);
  if ((found.mode & 0o007) !== 0) refuse(`its mode ${mode} lets everybody read it`, `run: chmod o= ${path}`);
  if ((found.mode & 0o040) !== 0 && found.uid !== 0)
    refuse(`its mode ${mode} lets its group read it, which only a file of root's may`, `run: chmod g= ${path}`);
}

/** Who may change a folder may change what is in it; in sticky ones its owner still may. Along links and past them. */
async function assertFolders(path: string, source: string): Promise<void> {
  const written = resolve(path);
  try {
    for (const start of new Set([written, await realpath(written)])) {
      for (let below = start; below !== '/'; below = dirname(below)) {
        const folder = dirname(below);
        const { mode, uid } = await stat(folder);
        if (isTrusted(uid) && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0)) continue;
        throw SecretMode({
          source,
          problem: `others may change the folder ${folder} that it lies below`,
          fix: `give the folder to root, and run: chmod go-w ${folder}`,
        });
      }
    }
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw failed(path, source, error);
    throw error;
  }
}

function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}

/** At most what was allowed, however it grew meanwhile. */
async function read(file: FileHandle, path: string, source: string): Promise<Uint8Array> {
  const buffer = Buffer.alloc(MAX_BYTES + 1);
  let length = 0;
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
  } catch (error) {
    throw failed(path, source, error);
  }
  if (length > MAX_BYTES)
    throw SecretInvalid({ source, problem: `it has more than ${MAX_BYTES} bytes`, fix: 'is this the right file?' });
  return buffer.subarray(0, length);
}
