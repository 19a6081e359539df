import { hash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { NO_RECORD, parseRecord } from './audit-record.ts';
import type { AuditHead, AuditRecord } from './audit-record.ts';

const { O_RDONLY, O_RDWR, O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;
const CURRENT = 'audit.jsonl';
/** Named by the last record in it, so that one rename is all of a rotation. */
const ROTATED = /^audit-(\d{12,})\.jsonl$/u;
/** More than the longest record. */
const FIRST_LOOK_BYTES = 256 * 1024;

/** The file that is appended to. */
export interface OpenFile {
  readonly descriptor: number;
  readonly size: number;
  readonly head: AuditHead;
  /** What the last crash left unfinished, and where it was put. */
  readonly torn?: { readonly bytes: number; readonly sha256: string; readonly file: string };
}

/** Every file of the log, oldest first. */
export function auditFiles(folder: string): string[] {
  const names = readdirSync(folder);
  const rotated = names.filter((name) => ROTATED.test(name)).sort((a, b) => lastIn(a) - lastIn(b));
  return [...rotated, ...(names.includes(CURRENT) ? [CURRENT] : [])].map((name) => join(folder, name));
}

/** Opens the log to append; a torn end is put into a file beside it first (SEC-244). Throws what the file system says. */
export function openCurrent(folder: string): OpenFile {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (!lstatSync(folder).isDirectory()) throw new Error(`${folder} is a link, a folder was expected`);
  const descriptor = openSync(join(folder, CURRENT), O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error(`${CURRENT} is no regular file`);
    const { head, size, rest } = endOf(descriptor, stat.size);
    const torn = rest.length === 0 ? undefined : putAside(folder, rest);
    if (torn !== undefined) {
      ftruncateSync(descriptor, size);
      fsyncSync(descriptor);
    }
    syncFolder(folder);
    return { descriptor, size, head: head ?? headOfRotated(folder), ...(torn === undefined ? {} : { torn }) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Gives the current file its name for good. */
export function rotate(folder: string, head: AuditHead): void {
  renameSync(join(folder, CURRENT), join(folder, `audit-${String(head.seq).padStart(12, '0')}.jsonl`));
  syncFolder(folder);
}

/** The rotated files beyond the newest `keep`, and the first record that stays when they are gone. */
export function beyond(folder: string, keep: number): { readonly files: readonly string[]; readonly oldest: number } {
  const rotated = auditFiles(folder).filter((path) => basename(path) !== CURRENT);
  const files = rotated.slice(0, Math.max(0, rotated.length - keep));
  const last = files.at(-1);
  const newest = rotated.at(-1);
  const before = newest === undefined ? undefined : firstRecord(newest)?.['oldest'];
  const known = typeof before === 'number' ? before : 1;
  return { files, oldest: last === undefined ? known : Math.max(known, lastIn(basename(last)) + 1) };
}

function firstRecord(path: string): AuditRecord | undefined {
  const descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    const start = readAt(descriptor, 0, Math.min(fstatSync(descriptor).size, FIRST_LOOK_BYTES));
    return parseRecord(start.toString('utf8', 0, Math.max(0, start.indexOf(10))));
  } finally {
    closeSync(descriptor);
  }
}

export function removeFiles(paths: readonly string[]): void {
  for (const path of paths) rmSync(path, { force: true });
}

function lastIn(name: string): number {
  return Number(ROTATED.exec(name)?.[1]);
}

function headOfRotated(folder: string): AuditHead {
  const newest = auditFiles(folder).findLast((path) => basename(path) !== CURRENT);
  if (newest === undefined) return NO_RECORD;
  const descriptor = openSync(newest, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    return endOf(descriptor, fstatSync(descriptor).size).head ?? NO_RECORD;
  } finally {
    closeSync(descriptor);
  }
}

/** The last record, where it ends, and what follows it. A record that was edited is one still: `verify` names it. */
function endOf(descriptor: number, size: number): { head: AuditHead | undefined; size: number; rest: Buffer } {
  for (let look = FIRST_LOOK_BYTES; ; look *= 8) {
    const start = Math.max(0, size - look);
    const tail = readAt(descriptor, start, size);
    for (let end = tail.lastIndexOf(10); end !== -1;) {
      const before = end === 0 ? -1 : tail.lastIndexOf(10, end - 1);
      if (before === -1 && start > 0) break;
      const record = parseRecord(tail.toString('utf8', before + 1, end));
      if (record !== undefined) return { head: record, size: start + end + 1, rest: tail.subarray(end + 1) };
      end = before;
    }
    if (start === 0) return { head: undefined, size: 0, rest: tail };
  }
}

function readAt(descriptor: number, start: number, end: number): Buffer {
  const bytes = Buffer.alloc(end - start);
  let filled = 0;
  while (filled < bytes.length) {
    const read = readSync(descriptor, bytes, filled, bytes.length - filled, start + filled);
    if (read === 0) break;
    filled += read;
  }
  return bytes.subarray(0, filled);
}

function putAside(folder: string, bytes: Buffer): NonNullable<OpenFile['torn']> {
  const sha256 = hash('sha256', bytes, 'hex');
  const file = `audit.torn-${new Date().toISOString().replaceAll(/[-:]/gu, '')}-${sha256.slice(0, 8)}`;
  const descriptor = openSync(join(folder, file), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(descriptor, bytes);
    fsyncSync(descriptor);
  } catch (error) {
    rmSync(join(folder, file), { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
  syncFolder(folder);
  return { bytes: bytes.length, sha256, file };
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
