import { hash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginManifest } from '@stormpulse/plugin-api/internal';
import type { PluginPackage } from '../config/plugin-tables.ts';
import { readGuarded } from '../host/guarded-file.ts';
import { replaceFile } from '../host/replace-file.ts';

const MAX_BYTES = 4 * 1024 * 1024;

type Key = Pick<PluginPackage, 'name' | 'integrity' | 'config'>;

/** What a plugin declared for just this code and this config; undefined when no folder has it, whatever the reason. */
export function keptManifest(folders: readonly string[], key: Key): PluginManifest | undefined {
  for (const folder of folders) {
    const file = read(join(folder, fileName(key)));
    const kept = file as
      | { readonly integrity?: unknown; readonly config?: unknown; readonly manifest?: PluginManifest }
      | undefined;
    if (kept?.integrity !== key.integrity || kept.config !== configDigest(key.config)) continue;
    if (kept.manifest?.manifest === 1 && kept.manifest.name === key.name) return kept.manifest;
  }
  return undefined;
}

/** Keeps it for the next start and for `inspect`. Throws what the file system says. */
export function keepManifest(folder: string, key: Key, manifest: PluginManifest, mode: number): void {
  mkdirSync(folder, { recursive: true, mode: mode === 0o600 ? 0o700 : 0o755 });
  const kept = { integrity: key.integrity, config: configDigest(key.config), manifest };
  replaceFile(join(folder, fileName(key)), `${JSON.stringify(kept)}\n`, { mode });
}

function fileName({ name, integrity, config }: Key): string {
  return `${name}-${hash('sha256', `${integrity}\n${configDigest(config)}`, 'hex').slice(0, 32)}.json`;
}

/** The same for the same values, in whatever order a file has them. */
function configDigest(config: unknown): string {
  return hash('sha256', JSON.stringify(sorted(config)), 'hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, child]) => [key, sorted(child)]),
  );
}

/** What can be derived again is no reason to refuse anything. */
function read(path: string): unknown {
  try {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    return JSON.parse(readGuarded(path, { secrecy: 'public', maxBytes: MAX_BYTES }).toString('utf8'));
  } catch {
    return undefined;
  }
}
