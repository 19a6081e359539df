import { hash } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from '@stormpulse/plugin-api';

/**
 * What this agent committed last to its nonce database, kept outside it: a copy that was put back, or one that another agent
 * wrote to meanwhile, has another newest nonce (SEC-063).
 */
export interface StoreMark {
  /** Whether a database whose newest nonce this is was left so by this agent. */
  fits(newest: string | undefined): boolean;
  /** Before a commit: until `set`, either of the two fits, as the process may end while the disk is at it. */
  begin(before: string | undefined, after: string | undefined): void;
  /** After a commit. `durable` waits for the disk; without, a power cut costs a floor at the next start and nothing else. */
  set(newest: string | undefined, durable?: boolean): void;
  close(): void;
}

/** The mark of a database: `PATH.mark`. */
export function markPath(databasePath: string): string {
  return `${databasePath}.mark`;
}

const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const DIGEST_CHARS = 64;

/**
 * Opens or makes the mark beside a database that is open. It holds two SHA-256 of the newest nonce and of the file's
 * number, so that a whole folder copied back does not fit either. Where it cannot be kept nothing fits: each
 * start then has its floor.
 */
export function openStoreMark(databasePath: string, logger: Logger): StoreMark {
  const path = markPath(databasePath);
  const { ino } = statSync(databasePath);
  let file: number | undefined;
  let isTold = false;
  const attempt = <T>(work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!isTold) logger.warn({ err: error, path }, 'the mark of the nonce database cannot be kept; each start has its floor');
      isTold = true;
      return undefined;
    }
  };
  const digest = lastKept((newest) => hash('sha256', JSON.stringify([ino, newest ?? null]), 'hex'));
  const write = (text: string, durable: boolean): void => {
    if (file === undefined) return;
    const open = file;
    attempt(() => {
      writeSync(open, text, 0, 'latin1');
      if (!durable) return;
      fsyncSync(open);
      syncFolder(dirname(path));
    });
  };
  file = attempt(() => openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600));
  return {
    fits(newest) {
      const found = Buffer.alloc(2 * DIGEST_CHARS);
      if (file !== undefined) attempt(() => readSync(file as number, found, 0, found.length, 0));
      const text = found.toString('latin1');
      return [text.slice(0, DIGEST_CHARS), text.slice(DIGEST_CHARS)].includes(digest(newest));
    },
    begin: (before, after) => write(digest(before) + digest(after), false),
    set: (newest, durable = false) => write(digest(newest).repeat(2), durable),
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** What comes after one commit comes before the next. */
function lastKept(digest: (newest: string | undefined) => string): (newest: string | undefined) => string {
  let last: { readonly newest: string | undefined; readonly digest: string } | undefined;
  return (newest) => {
    if (last === undefined || last.newest !== newest) last = { newest, digest: digest(newest) };
    return last.digest;
  };
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, O_RDONLY);
  fsyncSync(descriptor);
  closeSync(descriptor);
}
