import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAuditLog } from './audit-log.ts';
import type { AuditHead } from './audit-record.ts';
import { verifyAuditLog } from './verify-audit.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const CLOCK = { now: () => 0, monotonic: () => 0, after: () => () => undefined };

/** Twenty records in one file. */
describe('SEC-241: verifyAuditLog names the first bad record', () => {
  let folder: string;
  let path: string;
  let head: AuditHead;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'audit-verify-'));
    path = join(folder, 'audit.jsonl');
    head = await write(20);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const write = async (count: number, maxBytes?: number): Promise<AuditHead> => {
    const options = maxBytes === undefined ? {} : { maxBytes, maxFiles: 3 };
    const audit = openAuditLog({ folder, clock: CLOCK, logger: SILENT, ...options });
    for (let at = 1; at <= count; at += 1) await audit.append({ kind: 'test.entry', value: `v${at}` });
    const found = audit.head as AuditHead;
    audit.close();
    return found;
  };
  const change = (how: (lines: string[]) => string[]): void => {
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    writeFileSync(
      path,
      how(lines)
        .map((line) => `${line}\n`)
        .join(''),
    );
  };
  const fault = (expected?: AuditHead) => verifyAuditLog(folder, expected).fault;

  it('none in a log that is as it was written, with its head or without', () => {
    expect(fault()).toBeUndefined();
    expect(fault(head)).toBeUndefined();
    expect(verifyAuditLog(folder)).toMatchObject({ files: 1, records: 20, first: 1, head });
  });

  it.each<[string, (lines: string[]) => string[], object]>([
    ['a value', (lines) => lines.with(6, lines[6]?.replace('"v7"', '"w7"') ?? ''), { line: 7, seq: 7, problem: 'edited' }],
    ['a space', (lines) => lines.with(6, lines[6]?.replace(',', ', ') ?? ''), { line: 7, seq: 7, problem: 'edited' }],
    ['junk', (lines) => lines.with(6, 'junk'), { line: 7, seq: 7, problem: 'unreadable' }],
    ['a line less', (lines) => lines.toSpliced(6, 1), { line: 7, seq: 7, problem: 'deleted' }],
    ['the first less', (lines) => lines.slice(1), { line: 1, seq: 1, problem: 'deleted' }],
    ['two swapped', (lines) => lines.toSpliced(6, 2, lines[7] ?? '', lines[6] ?? ''), { line: 7, seq: 7, problem: 'reordered' }],
    ['one twice', (lines) => lines.toSpliced(7, 0, lines[6] ?? ''), { line: 8, seq: 7, problem: 'reordered' }],
  ])('%s', (_title, how, expected) => {
    change(how);
    expect(fault()).toMatchObject({ file: path, ...expected });
    expect(verifyAuditLog(folder).head.seq).toBe((expected as { line: number }).line - 1);
  });

  it('an edited record whose own hash was made to fit: the next one does not follow it', async () => {
    const other = join(folder, 'other');
    const audit = openAuditLog({ folder: other, clock: CLOCK, logger: SILENT });
    for (let at = 1; at <= 7; at += 1) await audit.append({ kind: 'test.entry', value: at === 7 ? 'forged' : `v${at}` });
    audit.close();
    const forged = readFileSync(join(other, 'audit.jsonl'), 'utf8').split('\n')[6];
    rmSync(other, { recursive: true });
    change((lines) => lines.with(6, forged ?? ''));
    expect(fault()).toMatchObject({ line: 8, seq: 8, problem: 'edited' });
  });

  it('a log cut at its end, and one written anew, by the head that was known', async () => {
    change((lines) => lines.slice(0, 15));
    expect(fault()).toBeUndefined();
    expect(fault(head)).toMatchObject({ line: 16, seq: 16, problem: 'truncated' });
    await write(10);
    expect(fault()).toBeUndefined();
    expect(fault(head)).toMatchObject({ seq: 20, problem: 'edited' });
  });

  it('a last line without an end is told apart from a fault', () => {
    appendFileSync(path, '{"half');
    expect(verifyAuditLog(folder)).toMatchObject({ records: 20, unfinished: true });
    expect(fault()).toBeUndefined();
    truncateSync(path, 0);
    expect(verifyAuditLog(folder)).toMatchObject({ records: 0, unfinished: false });
  });

  it('a rotated file that was taken away, the oldest or one between', async () => {
    rmSync(path);
    await write(60, 2_500);
    const names = readdirSync(folder).toSorted();
    expect(names).toHaveLength(3);
    expect(fault()).toBeUndefined();
    const take = (name: string): object | undefined => {
      const kept = readFileSync(join(folder, name));
      rmSync(join(folder, name));
      const found = fault();
      writeFileSync(join(folder, name), kept);
      return found === undefined ? undefined : { ...found, file: basename(found.file) };
    };
    expect(take(String(names[0]))).toMatchObject({ file: names[1], line: 1, problem: 'deleted' });
    expect(take(String(names[1]))).toMatchObject({ file: 'audit.jsonl', line: 1, problem: 'deleted' });
  });
});
