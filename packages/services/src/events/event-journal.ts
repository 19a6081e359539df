import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import type { Clock } from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import type { EventRecord } from '@stormpulse/protocol';
import { Type } from '@sinclair/typebox';
import { Check } from '@sinclair/typebox/value';

/** An event that was not acknowledged, or the marker of some that were dropped. */
export interface KeptEvent {
  /** Its place; of a marker, the places `n` to `to` are those of the dropped ones. */
  readonly n: number;
  readonly to: number;
  /** The same however often it is sent. */
  readonly id: string;
  /** How many events a marker tells of; 0 for an event. */
  readonly dropped: number;
  readonly record: EventRecord;
}

const Kept = Type.Object({
  n: Type.Integer(),
  to: Type.Integer(),
  id: Type.String(),
  dropped: Type.Integer(),
  record: Type.Object({ ts: Type.String(), source: Type.String(), kind: Type.String() }),
});
/** Places that are done with, both ends included. */
const Removed = Type.Object({ removed: Type.Array(Type.Tuple([Type.Integer(), Type.Integer()])) });

const { O_RDONLY, O_WRONLY, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
/** More than the buffer can hold several times over. */
const MAX_READ_BYTES = 64 * 1024 * 1024;
/** Below this the file is not made anew for what was removed from it. */
const SPARE_BYTES = 1024 * 1024;
const RETRY_MS = 60_000;

/** What a file holds that was not acknowledged. A line that is none, such as the last one of a power cut, is left out and told. */
export function readEventJournal({ path, logger }: { readonly path: string; readonly logger: Logger }): KeptEvent[] {
  const events = new Map<number, KeptEvent>();
  let strange = 0;
  for (const line of readLines(path, logger)) {
    const value = parsed(line);
    if (Check(Kept, value)) events.set(value.n, value);
    else if (Check(Removed, value)) remove(events, value.removed);
    else strange += 1;
  }
  if (strange > 0) logger.warn({ path, lines: strange }, 'lines of the events file could not be read; the others were');
  return [...events.values()];
}

export interface EventJournal {
  add(event: KeptEvent): void;
  remove(events: readonly KeptEvent[]): void;
}

export interface EventJournalOptions {
  readonly path: string;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Everything that must be in the file, in order. */
  readonly outstanding: () => readonly KeptEvent[];
}

/**
 * Keeps events in a file of JSON lines that only grows, and is made anew from what is outstanding when it has grown enough.
 * Written in the turn that recorded them and never waited for: an event only informs (D6). On a disk that refuses, events go on
 * in memory, and the file is made anew once it can be.
 */
export function createEventJournal({ path, logger, clock, outstanding }: EventJournalOptions): EventJournal {
  let file: number | undefined;
  let size = 0;
  let limit = 0;
  let retryAt = Number.NEGATIVE_INFINITY;
  let isTold = false;
  let mayBeEmpty = false;
  let pending: string[] = [];

  const makeAnew = (): void => {
    const made = replaceWith(path, outstanding().map(asLine).join(''));
    if (file !== undefined) closeSync(file);
    file = made.descriptor;
    size = made.size;
    limit = 2 * size + SPARE_BYTES;
    if (isTold) logger.info({ path }, 'the events file can be written again');
    isTold = false;
  };

  const write = (text: string): void => {
    if (file === undefined) {
      if (clock.monotonic() >= retryAt) makeAnew();
    } else if (mayBeEmpty && outstanding().length === 0) {
      ftruncateSync(file, 0);
      size = 0;
    } else {
      writeFileSync(file, text);
      size += Buffer.byteLength(text);
      if (size > limit) makeAnew();
    }
    mayBeEmpty = false;
  };

  const flush = (): void => {
    const lines = pending;
    pending = [];
    try {
      write(lines.join(''));
    } catch (error) {
      if (!isTold) logger.error({ err: error, path }, 'events cannot be kept on disk; they go on in memory');
      isTold = true;
      // What a failed write left behind is unknown: nothing is put after it.
      if (file !== undefined) closeSync(file);
      file = undefined;
      retryAt = clock.monotonic() + RETRY_MS;
    }
  };

  const push = (line: string): void => {
    pending.push(line);
    if (pending.length === 1) queueMicrotask(flush);
  };

  flush();
  return {
    add: (event) => push(asLine(event)),
    remove(events) {
      mayBeEmpty = true;
      push(`${JSON.stringify({ removed: ranges(events) })}\n`);
    },
  };
}

function asLine(event: KeptEvent): string {
  return `${JSON.stringify(event)}\n`;
}

function ranges(events: readonly KeptEvent[]): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (const { n, to } of events) {
    const last = found.at(-1);
    if (last?.[1] === n - 1) last[1] = to;
    else found.push([n, to]);
  }
  return found;
}

function remove(events: Map<number, KeptEvent>, removed: readonly (readonly [number, number])[]): void {
  for (const n of events.keys()) if (removed.some(([from, to]) => n >= from && n <= to)) events.delete(n);
}

function readLines(path: string, logger: Logger): string[] {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile() || stat.size > MAX_READ_BYTES)
      throw new Error(`a regular file of at most ${MAX_READ_BYTES} bytes was expected`);
    return readFileSync(descriptor, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isAbsent) logger.warn({ err: error, path }, 'the events file cannot be read; what it held is not sent');
    return [];
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Gives the open file. On disk before it takes the place of the old one, or a power cut could leave neither. */
function replaceWith(path: string, text: string): { readonly descriptor: number; readonly size: number } {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const descriptor = openSync(temporary, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
    renameSync(temporary, path);
    return { descriptor, size: fstatSync(descriptor).size };
  } catch (error) {
    closeSync(descriptor);
    rmSync(temporary, { force: true });
    throw error;
  }
}
