import { randomBytes } from 'node:crypto';
import { linkSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { look, removeIfThere } from './durable.ts';
import { SetupBusy, SetupGone } from './errors.ts';
import type { SetupHost } from './setup-host.ts';

const WAIT_MS = 10_000;
const EVERY_MS = 100;
/** Of one that waits for the lock or holds it, or a lock that was moved aside. */
const CLAIM = /^lock\.[0-9a-f]{12}$/u;

/** Where the lock lies, and how the life of its holder is told. */
export type LockHost = Pick<SetupHost, 'folder' | 'processMark'>;

/** One set-up at a time on this host; one whose process is gone holds nothing. Rejects with `E_WIZARD_BUSY`, `E_WIZARD_GONE`. */
export async function withLock<T>(host: LockHost, work: () => Promise<T>, waitMs = WAIT_MS): Promise<T> {
  const path = join(host.folder, 'lock');
  const own = join(host.folder, `lock.${randomBytes(6).toString('hex')}`);
  // A link that leads nowhere: its text is there with it, whenever a kill comes.
  symlinkSync(holderText(process.pid, host), own);
  try {
    await take(path, own, host, waitMs);
    try {
      sweep(host);
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
      linkSync(own, path);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
        throw look(own) === undefined ? SetupGone({ folder: host.folder }) : error;
      }
    }
    const held = read(path);
    if (held === undefined) continue;
    if (!isHeld(held, host)) dropStale(path, held);
    else if (performance.now() > until) throw SetupBusy({ file: path, holder: held.split(' ', 1)[0] ?? '' });
    else await pause(EVERY_MS);
  }
}

/** Whoever was killed left its claim; that of a living one, which waits for its turn, stays. */
function sweep(host: LockHost): void {
  for (const name of readdirSync(host.folder).filter((found) => CLAIM.test(found))) {
    const claim = join(host.folder, name);
    const held = read(claim);
    if (held !== undefined && !isHeld(held, host)) rmSync(claim, { force: true });
  }
}

function isHeld(held: string, host: LockHost): boolean {
  const [pid = ''] = held.split(' ', 1);
  return holderText(Number(pid), host) === held;
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
  const moved = read(aside);
  // Undefined: the next holder swept it.
  if (moved !== undefined && moved !== held) linkSync(aside, path);
  rmSync(aside, { force: true });
}

/** Undefined: it is not there. */
function read(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    // Anything else than a link is no set-up's.
    if (code === 'EINVAL') return '';
    throw error;
  }
}
