import type { Plugin } from '@stormpulse/plugin-api';
import { describePlugin } from '@stormpulse/plugin-api/internal';
import type { PluginManifest } from '@stormpulse/plugin-api/internal';
import { contribute, definitionOrThrow } from '../conformance/contributions.ts';
import { pluginTables } from './plugin-tables.ts';

const BEGIN = '<!-- generated from the manifest: begin -->';
const END = '<!-- generated from the manifest: end -->';

/** Everything a plugin declares for a config, as data; nothing of it runs. Throws what its setup throws. */
export function manifestOf(plugin: Plugin, config: object): PluginManifest {
  const { capabilities, waited: _, ...declared } = contribute(plugin, config);
  return describePlugin(definitionOrThrow(plugin), capabilities, declared);
}

/** `manifest.json`, as it is committed: its difference is the review. */
export function manifestText(plugin: Plugin, config: object): string {
  return `${JSON.stringify(manifestOf(plugin, config), undefined, 2)}\n`;
}

/**
 * The README with what stands between its two markers made new. Throws when it has no markers, and names them.
 */
export function readmeText(readme: string, plugin: Plugin, config: object): string {
  const begin = readme.indexOf(BEGIN);
  const end = readme.indexOf(END);
  if (begin === -1 || end < begin)
    throw new Error(
      `the README has no place for the generated tables; write these two lines where they belong:\n${BEGIN}\n${END}`,
    );
  return `${readme.slice(0, begin)}${BEGIN}\n\n${pluginTables(manifestOf(plugin, config))}\n${readme.slice(end)}`;
}
