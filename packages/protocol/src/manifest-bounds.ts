import { Errors } from '@sinclair/typebox/errors';
import { Check } from '@sinclair/typebox/value';
import type { Payloads } from './payload-schemas.ts';
import { DeclaredPlugin } from './payloads/plugin-manifest.ts';

/** Of one plugin, as JSON in UTF-16 units. */
const MAX_PLUGIN_CHARS = 256 * 1024;
/** Of all that one agent tells. */
const MAX_CHARS = 512 * 1024;
const MAX_COMMANDS = 500;
/** A schema of the host's file is drawn no deeper. */
const MAX_SCHEMA_DEPTH = 24;

/** What is wrong with what one plugin is told to declare, besides the whole: shape, size, depth. Undefined when nothing is. */
export function problemWithPlugin(plugin: unknown): string | undefined {
  if (!Check(DeclaredPlugin, plugin)) {
    const first = Errors(DeclaredPlugin, plugin).First();
    return `at ${first?.path ?? '/'}: ${first?.message ?? 'it is out of shape'}`;
  }
  if (JSON.stringify(plugin).length > MAX_PLUGIN_CHARS) return `it has more than ${MAX_PLUGIN_CHARS} characters`;
  return isDeeper(plugin.config_schema, MAX_SCHEMA_DEPTH) ? `its config schema is deeper than ${MAX_SCHEMA_DEPTH}` : undefined;
}

/** The same of all plugins together, when each is right. */
export function problemWithManifest({ plugins }: Payloads['plugin.manifest']): string | undefined {
  for (const plugin of plugins) {
    const problem = problemWithPlugin(plugin);
    if (problem !== undefined) return `plugin "${plugin.name.slice(0, 64)}": ${problem}`;
  }
  const commands = plugins.flatMap((plugin) => plugin.commands.map(({ name }) => name));
  if (commands.length > MAX_COMMANDS) return `it has more than ${MAX_COMMANDS} commands`;
  if (new Set(commands).size < commands.length) return 'it has two commands of one name';
  if (new Set(plugins.map(({ name }) => name)).size < plugins.length) return 'it has two plugins of one name';
  return JSON.stringify(plugins).length > MAX_CHARS ? `it has more than ${MAX_CHARS} characters` : undefined;
}

function isDeeper(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((inner) => isDeeper(inner, left - 1));
}
