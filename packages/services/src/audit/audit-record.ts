import { hash } from 'node:crypto';
import type { AuditEntry } from '@stormpulse/kernel';
import { canonicalJson } from '@stormpulse/protocol';
import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';
import { Check } from '@sinclair/typebox/value';

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Shape = Type.Object(
  {
    seq: Type.Integer({ minimum: 1 }),
    /** UTC, milliseconds. */
    ts: Type.String(),
    /** Milliseconds of the host's monotonic clock, which starts anew with each boot. */
    mono: Type.Integer(),
    boot: Type.String(),
    kind: Type.String(),
    prev: Hash,
    /** SHA-256 of the canonical JSON of all the rest. */
    hash: Hash,
  },
  { additionalProperties: Type.Unknown() },
);

/** One line of the log; `prev` is the hash of the line before it. */
export type AuditRecord = Static<typeof Shape> & { readonly [field: string]: unknown };

/** Which record is the newest one: whoever knows it notices when the log ends earlier or otherwise (SEC-241). */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

/** What is before the first record. */
export const NO_RECORD: AuditHead = { seq: 0, hash: '0'.repeat(64) };

/** A longer entry is recorded by its digest. The longest text that a hub may have run, however it is escaped, is not (SEC-156). */
const MAX_ENTRY_CHARS = 131_072;

/** The entry as plain JSON, bounded. Throws a TypeError for what is none. */
export function plainEntry(entry: AuditEntry): AuditEntry {
  const text = JSON.stringify(entry);
  if (text.length <= MAX_ENTRY_CHARS) return JSON.parse(text) as AuditEntry;
  return { kind: entry.kind.slice(0, 100), too_long: text.length, sha256: hash('sha256', text, 'hex') };
}

export function sealRecord(
  entry: AuditEntry,
  place: { readonly after: AuditHead; readonly ts: string; readonly mono: number; readonly boot: string },
): { readonly line: string; readonly head: AuditHead } {
  const { after, ts, mono, boot } = place;
  const record = { ...entry, seq: after.seq + 1, ts, mono, boot, prev: after.hash, hash: undefined };
  const head = { seq: record.seq, hash: hash('sha256', canonicalJson(record), 'hex') };
  return { line: `${canonicalJson({ ...record, hash: head.hash })}\n`, head };
}

/** Undefined for a line that is no record; whether its hash fits is asked by {@link fitsItsHash}. */
export function parseRecord(line: string): AuditRecord | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return Check(Shape, value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether the line is, to the byte, what {@link sealRecord} wrote. */
export function fitsItsHash(line: string, record: AuditRecord): boolean {
  const { hash: told, ...rest } = record;
  return hash('sha256', canonicalJson(rest), 'hex') === told && canonicalJson(record) === line;
}
