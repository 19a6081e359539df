import { existsSync } from 'node:fs';
import { readAuditLog, verifyAuditLog } from '@stormpulse/services';
import type { AuditHead, AuditLine, AuditRecord, AuditVerdict } from '@stormpulse/services';
import { loadConfig } from '../config/load.ts';
import { Refused } from '../errors.ts';
import { printable } from '../host/printable.ts';
import { auditFolder } from '../host/state-paths.ts';

const MAX_VALUE_CHARS = 400;
const HEAD = /^([1-9]\d{0,14}):([0-9a-f]{64})$/u;

/** Throws `E_AGENT_REFUSED` when there is no record, or the head is none. */
export function verifyAudit(
  configPath: string,
  options: { readonly head?: string; readonly json: boolean },
): { readonly ok: boolean; readonly text: string } {
  const folder = folderOf(configPath);
  const verdict = reading(folder, () => verifyAuditLog(folder, headOf(options.head)));
  const ok = verdict.fault === undefined;
  return { ok, text: options.json ? JSON.stringify({ ok, folder, ...verdict }) : verdictText(folder, verdict) };
}

/** The lines to print. Throws `E_AGENT_REFUSED`. */
export function showAudit(
  configPath: string,
  options: { readonly n: string; readonly since?: string; readonly kind?: string; readonly json: boolean },
): string[] {
  const count = Number(options.n);
  if (!Number.isInteger(count) || count < 1) throw Refused({ what: `-n ${options.n}: expected a number of lines, at least 1` });
  const since = options.since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(options.since);
  if (Number.isNaN(since))
    throw Refused({ what: `--since ${String(options.since)}: expected a time such as 2026-03-04 or 2026-03-04T05:06:07Z` });
  const folder = folderOf(configPath);
  return reading(folder, () => {
    let found: AuditLine[] = [];
    for (const line of readAuditLog(folder)) {
      const { record } = line;
      const isWanted =
        record === undefined
          ? options.kind === undefined && options.since === undefined
          : record.kind.startsWith(options.kind ?? '') && Date.parse(record.ts) >= since;
      if (isWanted) found.push(line);
      if (found.length > 2 * count) found = found.slice(-count);
    }
    return found.slice(-count).map((line) => (options.json ? lineJson(line) : lineText(line)));
  });
}

function verdictText(folder: string, { files, records, first, head, unfinished, fault }: AuditVerdict): string {
  const place = `${head.seq}:${head.hash}`;
  const end = unfinished
    ? '\nThe last line has no end yet: it is being written, or a crash tore it; the next start puts it aside.'
    : '';
  if (fault !== undefined) {
    const before = records === 0 ? 'No record is good before it.' : `Good before it: ${first} to ${head.seq}, head ${place}`;
    return `${fault.file}:${fault.line}: ${fault.problem}: ${fault.text}\n${before}`;
  }
  if (records === 0) return `${folder}: no record yet${end}`;
  const rotated = first === 1 ? '' : '; those before were rotated away';
  const inFiles = `${files} ${files === 1 ? 'file' : 'files'}`;
  return `${folder}: ${records} records (${first} to ${head.seq}) in ${inFiles}, each as it was written${rotated}\nhead ${place}${end}`;
}

/** What every record has; the rest of a line is its own. */
const COMMON: ReadonlySet<string> = new Set(['seq', 'ts', 'mono', 'boot', 'kind', 'prev', 'hash']);

function lineJson({ file, line, record }: AuditLine): string {
  return JSON.stringify(record ?? { file, line, problem: 'unreadable' });
}

function lineText({ file, line, record }: AuditLine): string {
  if (record === undefined) return `${file}:${line}: is no record; stormpulse audit verify says more`;
  const { ts, seq, kind } = record;
  return printable([ts, `#${seq}`, kind, ...fieldsOf(record)].join('  '), 8 * MAX_VALUE_CHARS);
}

function fieldsOf(record: AuditRecord): string[] {
  return Object.entries(record)
    .filter(([name]) => !COMMON.has(name))
    .map(([name, value]) => `${name}=${(typeof value === 'string' ? value : JSON.stringify(value)).slice(0, MAX_VALUE_CHARS)}`);
}

function folderOf(configPath: string): string {
  const folder = auditFolder(loadConfig(configPath).config.databasePath);
  if (existsSync(folder)) return folder;
  throw Refused({ what: `${folder} is not there: no agent has run with ${configPath} yet, or its record was taken away` });
}

function headOf(text: string | undefined): AuditHead | undefined {
  if (text === undefined) return undefined;
  const [, seq, hash] = HEAD.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw Refused({ what: `--head ${text}: expected SEQ:HASH, such as the line "head …" of stormpulse audit verify` });
  return { seq: Number(seq), hash };
}

function reading<T>(folder: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    throw Refused(
      { what: `${folder} cannot be read (${error.message}); run this as the agent's user, or as root` },
      { cause: error },
    );
  }
}
