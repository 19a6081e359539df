import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginPackage } from '../config/plugin-tables.ts';
import { readRecords } from './grant-records.ts';
import { treeFolder } from './plugin-folders.ts';

const DIGEST = /^sha512-[A-Za-z0-9_-]{86}==$/u;

/** Trees that neither the file names nor an update that waits, and what an installation that was cut off left. */
export function orphanTrees(packages: string, named: readonly PluginPackage[]): readonly string[] {
  if (lstatSync(packages, { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  return readdirSync(packages).flatMap((plugin) => {
    const folder = join(packages, plugin);
    if (plugin.startsWith('.staging-')) return [folder];
    if (!lstatSync(folder).isDirectory()) return [];
    const wanted = new Set([
      ...named.filter(({ name }) => name === plugin).map(({ integrity }) => integrity),
      ...readRecords(packages, plugin).flatMap(({ state, integrity }) => (state === 'waiting' ? [integrity] : [])),
    ]);
    const places = [...wanted].map((integrity) => treeFolder(packages, plugin, integrity));
    const trees = readdirSync(folder).filter((name) => DIGEST.test(name));
    return trees.map((name) => join(folder, name)).filter((path) => !places.includes(path));
  });
}
