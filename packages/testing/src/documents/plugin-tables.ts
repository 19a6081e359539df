import type { Capabilities } from '@stormpulse/plugin-api';
import { printArgv } from '@stormpulse/plugin-api/internal';
import type { ManifestCommand, PluginManifest } from '@stormpulse/plugin-api/internal';
import { configTable } from './config-table.ts';
import { table } from './table.ts';

/** What the README of a plugin tells of it, from its manifest: config, commands, state, grants. Markdown, sections of level 2. */
export function pluginTables(manifest: PluginManifest): string {
  const sections: readonly (readonly [string, string])[] = [
    ['Config', configTable(manifest.configSchema)],
    ['Commands', commandTable(manifest)],
    ['State', stateTable(manifest)],
    ['Gauges', gaugeTable(manifest)],
    ['Log sources and parsers', logTable(manifest)],
    ['Probes and investigations', healthTable(manifest)],
    ['Grants', grants(manifest.name, manifest.capabilities)],
  ];
  return sections
    .filter(([, text]) => text !== '')
    .map(([title, text]) => `## ${title}\n\n${text}`)
    .join('\n');
}

function commandTable({ name, commands }: PluginManifest): string {
  return table(
    ['command', 'effect', 'asks', 'at most', 'parameters', 'runs'],
    commands.map((command) => [
      `\`${command.wireName ?? `${name}_${command.id}`}\` ${command.title}`,
      command.effect,
      command.confirm,
      seconds(command.timeoutMs),
      Object.keys(command.params['properties'] as object)
        .map((param) => `\`${param}\``)
        .join(', '),
      runs(command),
    ]),
  );
}

function runs({ mode }: ManifestCommand): string {
  if (mode.kind === 'subprocess') return `\`${[mode.file, ...printArgv(mode.argv)].join(' ')}\``;
  if (mode.kind === 'handler') return 'a function of the plugin';
  return mode.resumable ? 'a job, resumed after a restart' : 'a job';
}

function stateTable({ name, collectors }: PluginManifest): string {
  return table(
    ['collector', 'read', 'fields'],
    collectors.map(({ id, everyMs, state }) => [
      `\`${name}.${id}\``,
      everyMs === 'push' ? 'with each push' : `every ${seconds(everyMs)}`,
      Object.keys((state['properties'] ?? (state['items'] as { properties?: object } | undefined)?.properties ?? {}) as object)
        .map((field) => `\`${field}\``)
        .join(', '),
    ]),
  );
}

function gaugeTable({ collectors }: PluginManifest): string {
  return table(
    ['gauge', 'unit', 'what'],
    collectors.flatMap(({ gauges }) => Object.entries(gauges).map(([id, { unit, help }]) => [`\`${id}\``, `\`${unit}\``, help])),
  );
}

function logTable({ name, sources, parsers, enrichers }: PluginManifest): string {
  return table(
    ['kind', 'id', 'of'],
    [
      ...sources.map((source) => ['source', `\`${name}.${source.id}\``, 'file' in source ? `\`${source.file}\`` : source.parser]),
      ...parsers.map((id) => ['parser', `\`${name}.${id}\``, '']),
      ...enrichers.map((parser) => ['enricher', '', `\`${parser}\``]),
    ],
  );
}

function healthTable({ name, probes, investigations }: PluginManifest): string {
  return table(
    ['kind', 'id', 'what'],
    [
      ...probes.map(({ id, everyMs }) => ['probe', `\`${name}.${id}\``, `every ${seconds(everyMs)}`]),
      ...investigations.map(({ id, title }) => ['investigation', `\`${name}.${id}\``, title]),
    ],
  );
}

/** The TOML that grants all it asks for with this config. */
function grants(name: string, capabilities: Capabilities): string {
  const lines = Object.entries(capabilities).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return lines.length === 0 ? '' : `\`\`\`toml\n[plugins.${name}.grants]\n${lines.join('\n')}\n\`\`\`\n`;
}

function seconds(ms: number): string {
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`;
}
