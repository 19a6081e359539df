import { existsSync } from 'node:fs';
import { inspectNonceStore } from '@stormpulse/services';
import type { Finding } from '../finding.ts';
import type { HostUnderExamination } from '../host-under-examination.ts';

const NEARLY = 0.9;

/** The store of used nonces: without a sound one, every command is refused (SEC-065, SEC-066). */
export function lookAtNonces({ config, user }: HostUnderExamination): Finding[] {
  const path = config.databasePath;
  if (path === undefined || !existsSync(path)) return [];
  const where = `[storage] db_path = ${path}`;
  const expected = 'a database of used nonces with room for more';
  try {
    const look = user.look(() => inspectNonceStore(path));
    const found: Finding[] = [];
    if (look.damage !== undefined) {
      const fix = 'restart the agent: it moves the damaged file aside and begins a new one';
      found.push({ level: 'wrong', problem: `is damaged: ${look.damage}`, where, expected, fix });
    }
    if (look.entries > NEARLY * look.maxEntries || look.bytes > NEARLY * look.maxBytes) {
      found.push({
        level: 'wrong',
        problem: `is nearly full: ${look.entries} of ${look.maxEntries} nonces, ${look.bytes} of ${look.maxBytes} bytes; a full one refuses commands`,
        where,
        expected,
        fix: `lower [auth] command_max_age_seconds (${config.commandMaxAgeSeconds}), or have the hub send fewer commands`,
      });
    }
    return found;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const fix =
      error.code === 'corrupt'
        ? 'restart the agent: it moves the damaged file aside and begins a new one'
        : `check who owns it and who may read it: ls -l ${path}`;
    return [{ level: 'wrong', problem: `cannot be read: ${error.message}`, where, expected, fix }];
  }
}
