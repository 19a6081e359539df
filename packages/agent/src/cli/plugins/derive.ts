import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isAgentError } from '@stormpulse/plugin-api';
import type { PluginManifest } from '@stormpulse/plugin-api/internal';
import { openVerified } from '@stormpulse/services/plugin-packages';
import { Refused } from '../../errors.ts';
import { treeFolder } from '../../plugins/plugin-folders.ts';
import type { PluginsDeps, PluginsHost } from './plugins-host.ts';

/**
 * Runs an installed plugin once, isolated, to read what it declares for a config: as its start would, and nothing of it stays. Rejects
 * with `E_AGENT_REFUSED` when it would not start.
 */
export async function deriveInstalled(
  host: PluginsHost,
  { runnerAs }: Pick<PluginsDeps, 'runnerAs'>,
  plugin: { readonly name: string; readonly integrity: string; readonly config: unknown },
): Promise<PluginManifest> {
  const { name, integrity, config } = plugin;
  const runner = runnerAs({ uid: host.user.uid, gid: host.user.gid });
  const copiesFolder = mkdtempSync(join(host.packages, '.staging-'));
  try {
    const folder = treeFolder(host.packages, name, integrity);
    const tree = openVerified({ folder, integrity, agentUid: host.user.uid, copiesFolder, copyName: name });
    const entry = pathToFileURL(join(tree.folder, tree.facts.entry)).href;
    // A thread would have the rights of whoever calls this.
    const manifest = await runner.derive({ name, entry, tree: tree.folder, config, isolation: 'process' });
    if (manifest.name === name) return manifest;
    throw Refused({ what: `the plugin calls itself "${manifest.name}"; its table must be called that: --name ${manifest.name}` });
  } catch (error) {
    if (!isAgentError(error) || error.code === 'E_AGENT_REFUSED') throw error;
    throw Refused({ what: `it does not start: ${error.message}` }, { cause: error });
  } finally {
    await runner.close?.();
    rmSync(copiesFolder, { recursive: true, force: true });
  }
}
