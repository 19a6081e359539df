import { closeSync, constants, openSync, readSync } from 'node:fs';
import { auditFiles } from './audit-files.ts';
import { fitsItsHash, NO_RECORD, parseRecord } from './audit-record.ts';
import type { AuditHead, AuditRecord } from './audit-record.ts';

/** What was done to a log: the first record that is not as it was written, or the place where it is missing. */
export interface AuditFault {
  readonly file: string;
  readonly line: number;
  readonly seq: number;
  readonly problem: 'edited' | 'deleted' | 'reordered' | 'truncated' | 'unreadable';
  /** For a person. */
  readonly text: string;
}

export interface AuditVerdict {
  readonly files: number;
  readonly records: number;
  /** Number of the first record; those before it were rotated away. */
  readonly first: number;
  /** Of the last record that is as it was written. */
  readonly head: AuditHead;
  /** The last line has no end yet: being written, or torn by a crash; the next start of the agent puts it aside. */
  readonly unfinished: boolean;
  readonly fault?: AuditFault;
}

export interface AuditLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** Undefined for what is no record. */
  readonly record: AuditRecord | undefined;
}

const CHUNK_BYTES = 256 * 1024;

/** Every finished line of the log, oldest first. Gives whether the last one has no end. */
export function* readAuditLog(folder: string): Generator<AuditLine, boolean> {
  let rest = '';
  for (const file of auditFiles(folder)) {
    let line = 0;
    rest = '';
    for (const chunk of chunksOf(file)) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const text of lines) yield { file, line: (line += 1), text, record: parseRecord(text) };
    }
  }
  return rest !== '';
}

/** Walks the whole chain (SEC-241); `expected`: a head that was known before, such as the one the hub was told. */
export function verifyAuditLog(folder: string, expected?: AuditHead): AuditVerdict {
  const walk: Walk = { records: 0, first: 1, head: NO_RECORD, oldest: 1, last: undefined };
  const lines = readAuditLog(folder);
  let fault: AuditFault | undefined;
  let at = lines.next();
  for (; at.done !== true; at = lines.next()) {
    fault = faultOf(at.value, walk, folder) ?? contradiction(at.value, expected);
    if (fault !== undefined) break;
    take(at.value, walk);
  }
  fault ??= faultAtTheEnd(walk, folder, expected);
  const { records, first, head } = walk;
  const unfinished = at.done === true && at.value;
  return { files: auditFiles(folder).length, records, first, head, unfinished, ...(fault === undefined ? {} : { fault }) };
}

interface Walk {
  records: number;
  first: number;
  head: AuditHead;
  /** What the newest rotation says is the first record kept. */
  oldest: number;
  last: AuditLine | undefined;
}

function take(line: AuditLine, walk: Walk): void {
  const record = line.record as AuditRecord;
  if (walk.records === 0) walk.first = record.seq;
  walk.records += 1;
  walk.head = { seq: record.seq, hash: record.hash };
  walk.last = line;
  const { kind, oldest } = record;
  if (kind === 'audit.rotated' && typeof oldest === 'number') walk.oldest = oldest;
}

function faultOf({ file, line, text, record }: AuditLine, walk: Walk, folder: string): AuditFault | undefined {
  const next = walk.head.seq + 1;
  const fault = (problem: AuditFault['problem'], seq: number, why: string): AuditFault => ({
    file,
    line,
    seq,
    problem,
    text: `record ${seq} ${why}`,
  });
  if (record === undefined) return fault('unreadable', next, 'is no record any more: the line is not what the agent writes');
  const { seq } = record;
  if (!fitsItsHash(text, record)) return fault('edited', seq, 'was edited: its hash does not fit what it says');
  const isStart = walk.records === 0 && record.kind === 'audit.rotated' && record['after'] === `${seq - 1}:${record.prev}`;
  if (isStart) return undefined;
  if (seq > next) {
    return isFurtherOn(folder, next)
      ? fault('reordered', next, `was moved: record ${seq} stands in its place`)
      : fault(
          'deleted',
          next,
          `is missing${seq - next > 1 ? `, and those up to ${seq - 1}` : ''}: record ${seq} stands in its place`,
        );
  }
  if (seq < next) return fault('reordered', seq, `stands where record ${next} belongs`);
  if (record.prev !== walk.head.hash)
    return fault('edited', seq, `does not follow the record before it: one of the two was written anew`);
  return undefined;
}

function contradiction({ file, line, record }: AuditLine, expected: AuditHead | undefined): AuditFault | undefined {
  if (record === undefined || record.seq !== expected?.seq || record.hash === expected.hash) return undefined;
  const text = `record ${record.seq} is another than the one of --head: the log was written anew up to here`;
  return { file, line, seq: record.seq, problem: 'edited', text };
}

function faultAtTheEnd(
  { first, head, oldest, last }: Walk,
  folder: string,
  expected: AuditHead | undefined,
): AuditFault | undefined {
  const file = last?.file ?? auditFiles(folder).at(-1) ?? folder;
  if (first > oldest)
    return {
      file: auditFiles(folder)[0] ?? folder,
      line: 1,
      seq: oldest,
      problem: 'deleted',
      text: `records ${oldest} to ${first - 1} are missing: a file was taken away`,
    };
  if (expected === undefined) return undefined;
  const line = (last?.line ?? 0) + 1;
  if (head.seq < expected.seq)
    return {
      file,
      line,
      seq: head.seq + 1,
      problem: 'truncated',
      text: `the log ends at record ${head.seq}; it had ${expected.seq}`,
    };
  if (first > expected.seq)
    return {
      file,
      line: 1,
      seq: expected.seq,
      problem: 'deleted',
      text: `record ${expected.seq} is not kept any more: the log begins at ${first}`,
    };
  return undefined;
}

function isFurtherOn(folder: string, seq: number): boolean {
  for (const { record } of readAuditLog(folder)) if (record?.seq === seq) return true;
  return false;
}

function* chunksOf(path: string): Generator<string> {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const bytes = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const read = readSync(descriptor, bytes);
      if (read === 0) return;
      // The agent writes ASCII; whatever else is there is no record.
      yield bytes.toString('latin1', 0, read);
    }
  } finally {
    closeSync(descriptor);
  }
}
