import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditLog } from '@stormpulse/kernel';
import { readGuarded } from '../host/guarded-file.ts';
import { replaceFile } from '../host/replace-file.ts';

/** A decision of the host's operator about a plugin, for the host's own record (SEC-210). */
export interface GrantChange {
  readonly action: 'add' | 'update' | 'remove' | 'grant' | 'revoke';
  readonly plugin: string;
  readonly package: string;
  readonly version: string;
  readonly integrity: string;
  /** What it may do besides, and what it may no more: lines of TOML. */
  readonly more: readonly string[];
  readonly less: readonly string[];
  /** User id of who decided it. */
  readonly by: number;
}

const MAX_BYTES = 256 * 1024;
const NAME = /^\d{13,}-[0-9a-f]{12}\.json$/u;

/**
 * Leaves a change for the agent, which alone writes the record: it does so before the change takes effect. Durable when it returns,
 * and to be called before the change is made (SEC-240). Throws what the file system says.
 */
export function leaveChange(folder: string, change: GrantChange, now = Date.now()): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const content = `${JSON.stringify({ ...change, decided_at: new Date(now).toISOString() })}\n`;
  // Whole from the first moment on: an agent that watches takes it at once.
  replaceFile(join(folder, `${now}-${randomBytes(6).toString('hex')}.json`), content, { mode: 0o600 });
}

/** Puts what was left into the record, oldest first. Rejects with `E_AUDIT_*`; what is not recorded stays. */
export async function recordChanges(folder: string, audit: Pick<AuditLog, 'append'>): Promise<void> {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return;
  for (const name of readdirSync(folder)
    .filter((file) => NAME.test(file))
    .sort()) {
    const path = join(folder, name);
    await audit.append({ kind: 'grant.changed', ...read(path) });
    rmSync(path, { force: true });
  }
}

/** What cannot be read is recorded as that: somebody left it. */
function read(path: string): object {
  try {
    const change: unknown = JSON.parse(readGuarded(path, { secrecy: 'public', maxBytes: MAX_BYTES }).toString('utf8'));
    if (typeof change === 'object' && change !== null) return { ...change, kind: 'grant.changed' };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
  return { problem: 'unreadable' };
}
