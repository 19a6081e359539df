import { definitionOf, API_VERSION } from './plugin.ts';
import type { AnyPluginDefinition } from './plugin.ts';
import { PluginApiVersion, PluginInvalidExport, PluginName } from './plugin-errors.ts';

const NAME = /^[a-z][a-z0-9-]{1,31}$/u;

/** The ordered checks before any code of a plugin runs, cheapest first, one code each. Throws `E_PLUGIN_*`. */
export function checkPlugin(key: string, loaded: unknown, taken: ReadonlySet<string>): AnyPluginDefinition {
  const definition = definitionOf(loaded);
  if (definition === undefined) throw PluginInvalidExport({ plugin: key });
  if (!apiFits(definition.apiVersion)) throw PluginApiVersion({ plugin: key, wanted: definition.apiVersion, have: API_VERSION });
  if (!NAME.test(definition.name) || definition.name !== key || taken.has(definition.name)) {
    throw PluginName({ plugin: key, found: definition.name });
  }
  return definition;
}

/** Same major, at most our minor. */
export function apiFits(wanted: string): boolean {
  const match = /^(\d+)\.(\d+)$/u.exec(wanted);
  const [major = 0, minor = 0] = API_VERSION.split('.').map(Number);
  return match !== null && Number(match[1]) === major && Number(match[2]) <= minor;
}
