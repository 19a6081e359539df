import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, renameSync, unlinkSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { createDurably, look, removeIfThere, syncFolder } from './durable.ts';
import type { Access } from './durable.ts';

/**
 * What taking a file back needs, and nothing of what is in it: the file that was there is kept beside it under `before`, the same inode
 * with the same mode and owner, until the plan is done. So no secret of it is ever in a journal. Size and time tell our file from one
 * that somebody changed since.
 */
export interface PutIntent {
  readonly kind: 'put';
  readonly path: string;
  /** Null: nothing was there. */
  readonly before: string | null;
  readonly next: string;
  readonly size: number;
  /** Whole seconds; the new file gets it. */
  readonly mtime: number;
}

export function intendPut(path: string, content: string, now: number): PutIntent {
  const tag = randomBytes(6).toString('hex');
  const before = look(path) === undefined ? null : `${path}.${tag}.before`;
  return {
    kind: 'put',
    path,
    before,
    next: `${path}.${tag}.next`,
    size: Buffer.byteLength(content),
    mtime: Math.floor(now / 1_000),
  };
}

/** The old content or the new at every moment (SEC-180). */
export function put({ path, before, next, mtime }: PutIntent, content: string, access: Access): void {
  if (before !== null) linkSync(path, before);
  createDurably(next, content, access, mtime);
  if (before === null) {
    // Unlike a rename, it replaces nothing that came meanwhile.
    linkSync(next, path);
    unlinkSync(next);
  } else renameSync(next, path);
  syncFolder(dirname(path));
}

export function isPut(path: string, content: string, { mode, uid, gid }: Access): boolean {
  const there = look(path);
  if (there?.isFile() !== true || there.size !== Buffer.byteLength(content)) return false;
  return (there.mode & 0o7777) === mode && there.uid === uid && there.gid === gid && readFileSync(path, 'utf8') === content;
}

/** Puts back what was there, wherever it stopped; again does nothing. Throws when somebody else changed the file since. */
export function takeBack(intent: PutIntent): void {
  const { path, before, next } = intent;
  const there = look(path);
  const old = before === null ? undefined : look(before);
  if (before === null) removeOurs(intent, there);
  else if (old !== undefined && there?.ino === old.ino) unlinkSync(before);
  else if (old !== undefined) {
    if (there !== undefined && !isOurs(intent, there))
      throw new Error(`${path} was changed since; what it was before is in ${before}`);
    renameSync(before, path);
  }
  removeIfThere(next);
  syncFolder(dirname(path));
}

function removeOurs(intent: PutIntent, there: Stats | undefined): void {
  const { path, next } = intent;
  const staged = look(next);
  if (there === undefined || (staged !== undefined && staged.ino !== there.ino)) return;
  if (!isOurs(intent, there))
    throw new Error(`${path} was made by this set-up and changed since; remove it if you do not want it`);
  unlinkSync(path);
}

function isOurs({ size, mtime }: PutIntent, there: Stats): boolean {
  return there.isFile() && there.size === size && Math.floor(there.mtimeMs / 1_000) === mtime;
}

/** Drops what taking back would have needed. */
export function keepPut({ path, before, next }: PutIntent): void {
  if (before !== null) removeIfThere(before);
  removeIfThere(next);
  if (look(dirname(path)) !== undefined) syncFolder(dirname(path));
}
