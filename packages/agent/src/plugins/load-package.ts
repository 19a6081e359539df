import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assertGranted } from '@stormpulse/plugin-api/internal';
import type { Grants, PluginManifest } from '@stormpulse/plugin-api/internal';
import { openVerified } from '@stormpulse/services/plugin-packages';
import type { PackageFacts, VerifiedTree } from '@stormpulse/services/plugin-packages';
import type { PluginPackage, WrittenGrants } from '../config/plugin-tables.ts';
import { takenBy } from '../config/taken-names.ts';
import { PluginMismatch, PluginNameTaken, PluginNotFound } from './errors.ts';
import { assertRecord } from './grant-records.ts';
import type { GrantRecord } from './grant-records.ts';
import { keepManifest, keptManifest } from './kept-manifests.ts';
import { narrow, narrowed } from './narrow.ts';
import { treeFolder } from './plugin-folders.ts';
import type { PluginRunner } from './runner.ts';

/** What loading needs to know of the host. */
export interface PackageHost {
  readonly agentId: string;
  readonly agentUid: number;
  readonly isSystem: boolean;
  /** Where packages are installed. */
  readonly packages: string;
  readonly copies: string;
  /** The agent's own; those that an installation left are beside its package. */
  readonly manifests: string;
  readonly runner: PluginRunner;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Recorded before any code of the plugin runs (SEC-240). */
  readonly record: (entry: Readonly<Record<string, unknown>> & { readonly kind: string }) => Promise<void>;
}

/**
 * Everything that is checked before a byte of a package runs, cheapest first (SEC-200 to 205); `verify` hashes its tree. Throws
 * `E_PLUGIN_NAME_TAKEN`, `E_PLUGIN_NOT_FOUND`, `E_PLUGIN_NOT_GRANTED`, `E_PLUGIN_REVOKED`, `E_PLUGIN_TREE`, `E_PLUGIN_INTEGRITY`, `E_PLUGIN_PACKAGE`,
 * `E_PLUGIN_MISMATCH`.
 */
export function checkPackage<T extends { readonly facts: PackageFacts }>(
  config: PluginPackage,
  host: Pick<PackageHost, 'agentId' | 'isSystem' | 'packages' | 'now'>,
  verify: (folder: string) => T,
): { readonly record: GrantRecord; readonly tree: T } {
  const { name: plugin, integrity } = config;
  const taken = takenBy(plugin);
  if (taken !== undefined) throw PluginNameTaken({ plugin, taken });
  const folder = treeFolder(host.packages, plugin, integrity);
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw PluginNotFound({ plugin, package: config.package, folder });
  const record = assertRecord(config, { ...host, now: host.now() });
  const tree = verify(folder);
  const { name, version } = tree.facts;
  if (name !== config.package || version !== record.version)
    throw PluginMismatch({
      plugin,
      problem: `its package is ${name} ${version}, and ${config.package} ${record.version} was granted`,
    });
  return { record, tree };
}

/** Loads one plugin of others for the kernel, which then makes its own checks. Throws what {@link checkPackage} throws, `E_GRANT_MISSING`. */
export async function loadPackage(config: PluginPackage, host: PackageHost): Promise<unknown> {
  const { name, integrity, isolation, grants } = config;
  const { agentUid, copies: copiesFolder } = host;
  const open = (folder: string): VerifiedTree => openVerified({ folder, integrity, agentUid, copiesFolder, copyName: name });
  const { record, tree } = checkPackage(config, host, open);
  const entry = pathToFileURL(join(tree.folder, tree.facts.entry)).href;
  const kept = keptManifest([join(host.packages, name, 'manifests'), host.manifests], config);
  if (kept !== undefined) assertManifestGranted(config, kept);
  const { version } = record;
  await host.record({ kind: 'plugin.loaded', plugin: name, package: config.package, version, integrity, isolation, grants });
  const source = { name, entry, tree: tree.folder, config: config.config, isolation };
  const manifest = kept ?? (isolation === 'none' ? undefined : await derive(config, host, () => host.runner.derive(source)));
  return onlyGranted(await host.runner.load(manifest === undefined ? source : { ...source, kept: manifest }), grants);
}

async function derive(config: PluginPackage, host: PackageHost, run: () => Promise<PluginManifest>): Promise<PluginManifest> {
  const manifest = await run();
  assertManifestGranted(config, manifest);
  keepManifest(host.manifests, config, manifest, 0o600);
  return manifest;
}

/** Throws `E_GRANT_MISSING` with the TOML to paste. */
export function assertManifestGranted({ name, grants }: PluginPackage, { capabilities }: PluginManifest): void {
  const asked = grants.commands === 'none' ? narrowed(capabilities, { commands: 'none' }) : capabilities;
  assertGranted(name, asked, grantsOf(grants));
}

/** The kernel's form of what the operator wrote. */
export function grantsOf({ commands, gate, consumeLogs, ...lists }: WrittenGrants): Grants {
  return {
    ...(lists as Exclude<Grants, 'all'>),
    ...(commands === undefined || commands === 'none' ? {} : { commands }),
    ...(gate === true ? { gate } : {}),
    ...(consumeLogs === true ? { consumeLogs } : {}),
  };
}

/** `commands = "none"` takes the commands and leaves the rest; anything else that lacks is the kernel's to refuse. */
function onlyGranted(plugin: unknown, { commands }: WrittenGrants): unknown {
  return commands === 'none' ? narrow(plugin, { commands }) : plugin;
}
