import { dirname, join } from 'node:path';

/** Root's, in system mode (D3). */
const OF_THE_HOST = '/opt/stormpulse/plugins';

/** Where packages of plugins are installed: root's folder, or in user mode one in the user's data folder. */
export function packagesFolder(databasePath: string, isSystem: boolean): string {
  return isSystem ? OF_THE_HOST : join(dirname(databasePath), 'plugins');
}

/** `<packages>/<name>/<digest>`; a digest's `/` and `+` are no part of a name. */
export function treeFolder(packages: string, plugin: string, integrity: string): string {
  return join(packages, plugin, integrity.replaceAll('/', '_').replaceAll('+', '-'));
}

/** Copies of trees that others than root can change, for one run of the agent. */
export function copiesFolder(databasePath: string): string {
  return join(dirname(databasePath), 'plugin-copies');
}

/** What plugins declare for one config, as the agent itself derived it. */
export function manifestsFolder(databasePath: string): string {
  return join(dirname(databasePath), 'plugin-manifests');
}

/** Changes of grants that the agent has not recorded yet. */
export function changesFolder(databasePath: string): string {
  return join(dirname(databasePath), 'grant-changes');
}
