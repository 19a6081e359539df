import { printable } from '../../host/printable.ts';
import { readRecords } from '../../plugins/grant-records.ts';
import { openPluginsHost } from './plugins-host.ts';
import type { PluginsDeps, PluginsHost } from './plugins-host.ts';

/** One plugin of the file, and how it does where an agent runs. */
export interface ListedPlugin {
  readonly name: string;
  readonly origin: 'agent' | 'package';
  /** Null when no agent runs. */
  readonly state: string | null;
  readonly reason: string | null;
  readonly version: string | null;
  readonly isolation: 'process' | 'worker' | 'none';
  /** Percent of one core, bytes; null where it has no process of its own, or none runs. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  readonly restarts: number | null;
  readonly lastError: string | null;
}

export function listPlugins(config: string, deps: Pick<PluginsDeps, 'packages'>): readonly ListedPlugin[] {
  const host = openPluginsHost(config, deps);
  const { plugins, packages } = host.loaded.config;
  return [
    ...plugins.map(({ name }) =>
      listed(host, { name, origin: 'agent', isolation: 'none', version: host.running?.version ?? null }),
    ),
    ...packages.map(({ name, isolation, integrity }) =>
      listed(host, { name, origin: 'package', isolation, version: versionOf(host, name, integrity) }),
    ),
  ];
}

function listed({ running }: PluginsHost, plugin: Pick<ListedPlugin, 'name' | 'origin' | 'isolation' | 'version'>): ListedPlugin {
  const status = running?.plugins.find(({ name }) => name === plugin.name);
  const own = running?.pluginProcesses?.find(({ name }) => name === plugin.name);
  return {
    ...plugin,
    state: status?.state ?? null,
    reason: status?.reason ?? null,
    cpuPercent: own?.cpuPercent ?? null,
    memoryBytes: own?.memoryBytes ?? null,
    restarts: own?.restarts ?? null,
    lastError: own?.lastError ?? null,
  };
}

/** A line each, in columns. */
export function listText(plugins: readonly ListedPlugin[]): string {
  const rows = [
    ['PLUGIN', 'STATE', 'ISOLATION', 'VERSION', 'CPU', 'MEMORY', 'RESTARTS', 'LAST ERROR'],
    ...plugins.map((plugin) => [
      plugin.name,
      plugin.state ?? 'not running',
      plugin.origin === 'agent' ? 'none (part of it)' : plugin.isolation,
      plugin.version ?? '-',
      plugin.cpuPercent === null ? '-' : `${plugin.cpuPercent.toFixed(1)} %`,
      plugin.memoryBytes === null ? '-' : `${(plugin.memoryBytes / 1024 / 1024).toFixed(1)} MiB`,
      plugin.restarts === null ? '-' : String(plugin.restarts),
      printable(plugin.lastError ?? plugin.reason ?? '-', 200),
    ]),
  ];
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function versionOf(host: PluginsHost, name: string, integrity: string): string | null {
  return readRecords(host.packages, name).find((record) => record.integrity === integrity)?.version ?? null;
}
