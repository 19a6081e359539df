import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../config/load.ts';
import { orphanTrees } from '../../plugins/orphans.ts';
import type { PluginsHost } from './plugins-host.ts';

/** Takes away the code of a plugin that the file does not name any more; an agent that runs may still need it. */
export function pruneTrees({ loaded, packages, running }: PluginsHost, plugin: string): readonly string[] {
  const { config } = loadConfig(loaded.config.path);
  const orphans = orphanTrees(packages, config.packages).filter((tree) => dirname(tree) === join(packages, plugin));
  if (running !== undefined) return orphans;
  for (const tree of orphans) rmSync(tree, { recursive: true, force: true });
  return [];
}
