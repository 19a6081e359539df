import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { orphanTrees } from '../../plugins/orphans.ts';
import type { PluginsHost } from './plugins-host.ts';

/** The code of a plugin that the file does not name any more. */
export function orphansOf({ loaded, packages }: PluginsHost, plugin: string): readonly string[] {
  const { config } = loadConfig(loaded.config.path);
  return orphanTrees(packages, config.packages).filter((tree) => dirname(tree) === join(packages, plugin));
}

/** Takes it away: to be called when no agent runs it. Gives what is left. */
export function pruneTrees(host: PluginsHost, plugin: string): readonly string[] {
  for (const tree of orphansOf(host, plugin)) rmSync(tree, { recursive: true, force: true });
  return [];
}
