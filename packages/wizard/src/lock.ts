import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { look, removeIfThere } from './durable.ts';
import { SetupBusy, SetupGone } from './errors.ts';
import type { SetupHost } from './setup-host.ts';

const WAIT_MS = 10_000;
const EVERY_MS = 100;

/** Where the lock lies, and how the life of its holder is told. */
export type LockHost = Pick<SetupHost, 'folder' | 'processMark'>;

/** One set-up at a time on this host; one whose process is gone holds nothing. Rejects with `E_WIZARD_BUSY`, `E_WIZARD_GONE`. */
export async function withLock<T>(host: LockHost, work: () => Promise<T>, waitMs = WAIT_MS): Promise<T> {
  const path = join(host.folder, 'lock');
  const own = join(host.folder, `lock.${randomBytes(6).toString('hex')}`);
  writeFileSync(own, holderText(process.pid, host), { mode: 0o600, flag: 'wx' });
  try {
    await take(path, own, host, waitMs);
    try {
      return await work();
    } finally {
      // The work may have taken it away with its folder, and the next may hold one there already.
      if (read(path) === holderText(process.pid, host)) removeIfThere(path);
    }
  } finally {
    removeIfThere(own);
  }
}

async function take(path: string, own: string, host: LockHost, waitMs: number): Promise<void> {
  const until = performance.now() + waitMs;
  for (;;) {
    try {
      // Whole from its first moment, unlike a file that is made and then written.
      linkSync(own, path);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
        throw look(own) === undefined ? SetupGone({ folder: host.folder }) : error;
      }
    }
    const held = read(path);
    if (held === undefined) continue;
    const [pid = ''] = held.split(' ', 1);
    if (holderText(Number(pid), host) !== held) dropStale(path, held);
    else if (performance.now() > until) throw SetupBusy({ file: path, holder: pid });
    else await pause(EVERY_MS);
  }
}

function holderText(pid: number, { processMark }: Pick<SetupHost, 'processMark'>): string {
  return `${pid} ${processMark(pid) ?? ''}`;
}

/** Two may see the same dead holder: who moves the lock of a living one by mistake puts it back. */
function dropStale(path: string, held: string): void {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (look(path) === undefined) return;
    throw error;
  }
  if (read(aside) !== held) linkSync(aside, path);
  unlinkSync(aside);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
