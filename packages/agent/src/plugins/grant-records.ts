import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';
import { Check } from '@sinclair/typebox/value';
import { isRootsAlone } from '@stormpulse/services/plugin-packages';
import type { PluginPackage } from '../config/plugin-tables.ts';
import { readGuarded } from '../host/guarded-file.ts';
import { replaceFile } from '../host/replace-file.ts';
import { PluginNotGranted, PluginRevoked } from './errors.ts';

const Text = Type.String({ minLength: 1, maxLength: 400 });
const Record = Type.Object({
  integrity: Text,
  package: Text,
  version: Text,
  /** Whose host it was granted on: a copied folder grants nothing elsewhere. */
  agentId: Text,
  /** `waiting`: an update that asks for more than the one before. */
  state: Type.Union([Type.Literal('granted'), Type.Literal('waiting'), Type.Literal('revoked')]),
  /** Since when, ISO 8601. */
  at: Text,
  expiresAt: Type.Optional(Text),
});
const File = Type.Object({ records: Type.Array(Record, { maxItems: 1_000 }) });

/** One version of a plugin, as this host decided about it (SEC-200, SEC-208). */
export type GrantRecord = Readonly<Static<typeof Record>>;

const MAX_BYTES = 1024 * 1024;

function recordsPath(packages: string, plugin: string): string {
  return join(packages, plugin, 'grants.json');
}

/** Every decision about a plugin, oldest first. Throws `E_PLUGIN_NOT_GRANTED` for a damaged file, `E_FILE_MODE`. */
export function readRecords(packages: string, plugin: string): readonly GrantRecord[] {
  const path = recordsPath(packages, plugin);
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return [];
  const file = parse(readGuarded(path, { secrecy: 'public', maxBytes: MAX_BYTES }));
  if (!Check(File, file)) throw PluginNotGranted({ plugin, problem: `${path} is damaged` });
  return file.records;
}

/** Replaces the decision about one digest, or adds it. */
export function putRecord(packages: string, plugin: string, record: GrantRecord): void {
  const others = readRecords(packages, plugin).filter(({ integrity }) => integrity !== record.integrity);
  mkdirSync(join(packages, plugin), { recursive: true, mode: 0o755 });
  replaceFile(recordsPath(packages, plugin), `${JSON.stringify({ records: [...others, record] }, null, 2)}\n`, { mode: 0o644 });
}

/** The version that was granted. Throws `E_PLUGIN_NOT_GRANTED`, `E_PLUGIN_REVOKED` (SEC-200). */
export function assertRecord(
  config: PluginPackage,
  host: { readonly packages: string; readonly agentId: string; readonly isSystem: boolean; readonly now: number },
): GrantRecord {
  const { name: plugin, integrity } = config;
  const refuse = (problem: string) => PluginNotGranted({ plugin, problem });
  const record = readRecords(host.packages, plugin).find((other) => other.integrity === integrity);
  if (record === undefined) throw refuse('this host has no grant for the version that the file names');
  if (host.isSystem && !isRootsAlone(recordsPath(host.packages, plugin)))
    throw refuse(`${recordsPath(host.packages, plugin)} could be written by others than root`);
  if (record.state === 'revoked') throw PluginRevoked({ plugin, version: record.version, at: record.at });
  if (record.state === 'waiting') throw refuse(`version ${record.version} waits for a grant`);
  if (record.agentId !== host.agentId) throw refuse(`its grant is for the agent "${record.agentId}", this is "${host.agentId}"`);
  if (record.package !== config.package) throw refuse(`its grant is for the package "${record.package}"`);
  if (record.expiresAt !== undefined && !(Date.parse(record.expiresAt) > host.now))
    throw refuse(`its grant ended at ${record.expiresAt}`);
  return record;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
