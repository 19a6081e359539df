import { join } from 'node:path';
import type { PluginManifest } from '@stormpulse/plugin-api/internal';
import { definitionOf, parseConfig } from '@stormpulse/plugin-api/internal';
import type { EnabledPlugin } from '../../config/agent-config.ts';
import { loadFirstParty } from '../../config/first-party.ts';
import type { PluginPackage, WrittenGrants } from '../../config/plugin-tables.ts';
import { Refused } from '../../errors.ts';
import { difference, grantLines } from '../../plugins/asked-and-granted.ts';
import type { GrantDifference } from '../../plugins/asked-and-granted.ts';
import { readRecords } from '../../plugins/grant-records.ts';
import type { GrantRecord } from '../../plugins/grant-records.ts';
import { keptManifest } from '../../plugins/kept-manifests.ts';
import { narrow, narrowed } from '../../plugins/narrow.ts';
import { manifestsFolder } from '../../plugins/plugin-folders.ts';
import { openPluginsHost } from './plugins-host.ts';
import type { PluginsDeps, PluginsHost } from './plugins-host.ts';

/** Everything that can be said of one plugin without running a package's code. */
export interface InspectedPlugin {
  readonly name: string;
  readonly origin: 'agent' | 'package';
  readonly package: string | null;
  readonly version: string | null;
  readonly integrity: string | null;
  readonly isolation: 'process' | 'worker' | 'none';
  /** What it may do, a line each: what its grants, or its section, amount to. */
  readonly mayDo: readonly string[];
  /** Against what it asks for; null while nobody knows that. */
  readonly difference: GrantDifference | null;
  readonly commands: readonly { readonly id: string; readonly effect: string; readonly title: string }[] | null;
  readonly versions: readonly GrantRecord[];
}

/** Rejects with `E_AGENT_REFUSED` for a plugin that the file does not enable. */
export async function inspectPlugin(config: string, name: string, deps: Pick<PluginsDeps, 'packages'>): Promise<InspectedPlugin> {
  const host = openPluginsHost(config, deps);
  const { plugins, packages } = host.loaded.config;
  const own = plugins.find((plugin) => plugin.name === name);
  if (own !== undefined) return await inspectOwn(own);
  const entry = packages.find((plugin) => plugin.name === name);
  if (entry !== undefined) return inspectPackage(host, entry);
  const names = [...plugins, ...packages].map((plugin) => plugin.name);
  throw Refused({ what: `the file enables no plugin "${name}"; it enables ${names.join(', ')}` });
}

async function inspectOwn({ name, config, limits = {}, disabled }: EnabledPlugin): Promise<InspectedPlugin> {
  const definition = definitionOf(narrow(await loadFirstParty(name), limits, disabled));
  const capabilities = definition?.capabilities(parseConfig(definition.configSchema, config)) ?? {};
  return {
    name,
    origin: 'agent',
    package: null,
    version: definition?.version ?? null,
    integrity: null,
    isolation: 'none',
    mayDo: grantLines(narrowed(capabilities, limits)),
    difference: null,
    commands: null,
    versions: [],
  };
}

function inspectPackage(host: PluginsHost, entry: PluginPackage): InspectedPlugin {
  const { name, integrity, isolation, grants } = entry;
  const versions = readRecords(host.packages, name);
  const manifest = keptManifest(
    [join(host.packages, name, 'manifests'), manifestsFolder(host.loaded.config.databasePath)],
    entry,
  );
  return {
    name,
    origin: 'package',
    package: entry.package,
    version: versions.find((record) => record.integrity === integrity)?.version ?? null,
    integrity,
    isolation,
    mayDo: grantLines(grants),
    difference: manifest === undefined ? null : difference(manifest.capabilities, grants),
    commands: manifest === undefined ? null : commandsOf(manifest, grants),
    versions,
  };
}

function commandsOf(manifest: PluginManifest, { commands }: WrittenGrants): InspectedPlugin['commands'] {
  return commands === 'none' ? [] : manifest.commands.map(({ id, effect, title }) => ({ id, effect, title }));
}

export function inspectText(plugin: InspectedPlugin): string {
  const { mayDo, commands, difference: found } = plugin;
  const isolation = plugin.origin === 'agent' ? 'none: it is part of the agent' : plugin.isolation;
  const lines = [
    `plugin     ${plugin.name}`,
    ...(plugin.package === null ? [] : [`package    ${plugin.package} ${plugin.version ?? '(version unknown)'}`]),
    ...(plugin.integrity === null ? [] : [`digest     ${plugin.integrity}`]),
    `isolation  ${isolation}`,
    'may do',
    ...(mayDo.length === 0 ? ['  nothing but run'] : mayDo.map((line) => `  ${line}`)),
    ...(found === null
      ? []
      : [
          ...found.more.map((line) => `  asks besides, and is not granted: ${line}`),
          ...found.less.map((line) => `  granted, and not asked for: ${line}`),
        ]),
    ...(commands === null
      ? []
      : ['commands', ...commands.map(({ id, effect, title }) => `  ${plugin.name}_${id}  ${effect}  ${title}`)]),
    ...plugin.versions.map(({ version, state, at }) => `version    ${version} ${state} ${at}`),
  ];
  // A stranger's titles stand in some of them.
  return lines.map((line) => line.slice(0, 400).replaceAll(/\p{C}+/gu, ' ')).join('\n');
}
