import { closeSync, fstatSync, fsyncSync, ftruncateSync, readFileSync, writeFileSync } from 'node:fs';
import type { AuditEntry, AuditLog, Clock } from '@stormpulse/kernel';
import { defineError } from '@stormpulse/plugin-api';
import type { Logger } from '@stormpulse/plugin-api';
import { beyond, openCurrent, removeFiles, rotate } from './audit-files.ts';
import type { OpenFile } from './audit-files.ts';
import { plainEntry, sealRecord } from './audit-record.ts';
import type { AuditHead } from './audit-record.ts';
import { createRefusalCounter } from './audit-refusals.ts';

export const AuditWrite = defineError<{ folder: string; problem: string }>(
  'E_AUDIT_WRITE',
  'unavailable',
  'host',
  (d) => `the audit log in ${d.folder} cannot be written (${d.problem}); what it must tell of is refused until it can`,
);
export const AuditClosed = defineError<{ folder: string }>(
  'E_AUDIT_CLOSED',
  'failed_precondition',
  'host',
  (d) => `the disk failed the audit log in ${d.folder}; what it must tell of is refused: check the disk, then restart the agent`,
);

/** The host's own record (SEC-240 to 244). */
export interface HostAuditLog extends AuditLog {
  readonly head: AuditHead | undefined;
  refused(refusal: Parameters<NonNullable<AuditLog['refused']>>[0]): void;
  close(): void;
}

export interface AuditLogOptions {
  /** Made with mode 0700 when missing. */
  readonly folder: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly maxBytes?: number;
  /** The current one included. */
  readonly maxFiles?: number;
  /** The disk's part, for what a test must see of it. */
  readonly disk?: { readonly write: (descriptor: number, text: string) => void; readonly sync: (descriptor: number) => void };
}

interface Waiting {
  readonly entry: AuditEntry;
  readonly settle: (error?: Error) => void;
}

const MAX_BYTES = 64 * 1024 * 1024;
const MAX_FILES = 10;
const MAX_NOTES = 256;
/** How long a note waits for an entry to share the disk with. */
const NOTE_MS = 1_000;
/** These pass by themselves; whatever else a disk says ends the log until a restart, as does every failed fsync (SEC-183). */
const PASSING: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE', 'ENOMEM']);
const DISK: NonNullable<AuditLogOptions['disk']> = { write: writeFileSync, sync: fsyncSync };

/** Lines that each hold the hash of the one before. Entries that come together share one write and one fsync. */
export function openAuditLog(options: AuditLogOptions): HostAuditLog {
  const { folder, clock, logger, maxBytes = MAX_BYTES, maxFiles = MAX_FILES, disk = DISK } = options;
  const boot = bootId();
  let file: OpenFile | undefined;
  let isBroken = false;
  let isTold = false;
  let isDue = false;
  let cancelNotes: (() => void) | undefined;
  let pending: Waiting[] = [];
  let notes: AuditEntry[] = [];
  let lost = 0;

  const note = (entry: AuditEntry): void => {
    if (notes.length >= MAX_NOTES) lost += 1;
    else notes.push(plainEntry(entry));
    cancelNotes ??= clock.after(NOTE_MS, flush);
  };
  const refusals = createRefusalCounter({ clock, note });

  const open = (): OpenFile => {
    const opened = openCurrent(folder);
    if (opened.torn !== undefined) {
      logger.warn({ folder, ...opened.torn }, 'the last line of the audit log was torn; it was put aside');
      notes.unshift({ kind: 'audit.recovered', ...opened.torn });
    }
    return opened;
  };

  const seal = (entries: readonly AuditEntry[], after: AuditHead): { readonly text: string; readonly head: AuditHead } => {
    let head = after;
    const place = { ts: new Date(clock.now()).toISOString(), mono: Math.trunc(clock.monotonic()), boot };
    const lines = entries.map((entry) => {
      const sealed = sealRecord(entry, { after: head, ...place });
      head = sealed.head;
      return sealed.line;
    });
    return { text: lines.join(''), head };
  };

  /** A new file begins with the head of the one before, and with the first record that is still kept. */
  const beginning = (head: AuditHead): AuditEntry[] =>
    head.seq === 0
      ? []
      : [{ kind: 'audit.rotated', after: `${head.seq}:${head.hash}`, oldest: beyond(folder, maxFiles - 1).oldest }];

  const writeAll = (entries: readonly AuditEntry[]): void => {
    file ??= open();
    let sealed = seal([...(file.size === 0 ? beginning(file.head) : []), ...entries], file.head);
    if (file.size > 0 && file.size + sealed.text.length > maxBytes) {
      const full = file;
      file = undefined;
      closeSync(full.descriptor);
      rotate(folder, full.head);
      file = open();
      sealed = seal([...beginning(file.head), ...entries], file.head);
    }
    try {
      disk.write(file.descriptor, sealed.text);
    } catch (error) {
      isBroken = true;
      if (fstatSync(file.descriptor).size > file.size) ftruncateSync(file.descriptor, file.size);
      isBroken = !PASSING.has(codeOf(error));
      throw error;
    }
    try {
      disk.sync(file.descriptor);
    } catch (error) {
      isBroken = true;
      throw error;
    }
    const isNewFile = file.size === 0;
    file = { descriptor: file.descriptor, size: file.size + sealed.text.length, head: sealed.head };
    if (isNewFile) removeFiles(beyond(folder, maxFiles - 1).files);
  };

  const flush = (): void => {
    isDue = false;
    cancelNotes?.();
    cancelNotes = undefined;
    const waiting = pending;
    pending = [];
    if (isBroken) {
      for (const { settle } of waiting) settle(AuditClosed({ folder }));
      return;
    }
    try {
      file ??= open();
      const told = lost > 0 ? [...notes, { kind: 'audit.lost', entries: lost }] : notes;
      const entries = [...told, ...waiting.map(({ entry }) => entry)];
      if (entries.length > 0) writeAll(entries);
      notes = [];
      lost = 0;
      if (isTold) logger.info({ folder }, 'the audit log can be written again');
      isTold = false;
      for (const { settle } of waiting) settle();
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      const failure = isBroken ? AuditClosed({ folder }, { cause: error }) : AuditWrite({ folder, problem }, { cause: error });
      if (!isTold) logger.error({ err: error, folder }, failure.message);
      isTold = true;
      for (const { settle } of waiting) settle(failure);
    }
  };

  const schedule = (): void => {
    if (isDue) return;
    isDue = true;
    setImmediate(flush);
  };

  flush();
  return {
    get head() {
      return file === undefined || file.head.seq === 0 ? undefined : { seq: file.head.seq, hash: file.head.hash };
    },
    async append(entry) {
      const plain = plainEntry(entry);
      await new Promise<void>((resolve, reject) => {
        pending.push({ entry: plain, settle: (error) => (error === undefined ? resolve() : reject(error)) });
        schedule();
      });
    },
    refused: (refusal) => refusals.add(refusal),
    note,
    close() {
      refusals.flush();
      flush();
      if (file !== undefined) closeSync(file.descriptor);
      file = undefined;
      isBroken = true;
    },
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}
