import { join } from 'node:path';
import { isAgentError } from '@stormpulse/plugin-api';
import type { ConfigProblem } from '@stormpulse/plugin-api';
import { verifyTree } from '@stormpulse/services/plugin-packages';
import type { HostFile } from '../config/load.ts';
import type { AwaitedSection } from '../config/other-tables.ts';
import type { PluginPackage } from '../config/plugin-tables.ts';
import { isSystemMode } from '../host/system-mode.ts';
import { checkPackage } from './load-package.ts';
import { keptManifest } from './kept-manifests.ts';
import { manifestsFolder, packagesFolder } from './plugin-folders.ts';

/** Why a plugin of others would not be loaded, as far as that can be said without running it. */
export interface PackageProblem {
  readonly section: AwaitedSection;
  readonly problem: ConfigProblem;
  /** The file says that the agent does not start without it. */
  readonly isFatal: boolean;
}

/** Makes every check of a load that runs no code and writes nothing; a file that is wrong itself is told elsewhere. */
export function packageProblems(host: HostFile, agentUid: number, folder?: string): readonly PackageProblem[] {
  const database = host.values['storage']?.['db_path'];
  const agentId = host.values['agent']?.['id'];
  if (typeof database !== 'string' || typeof agentId !== 'string' || host.plugins.problems.length > 0) return [];
  const isSystem = isSystemMode(host.path, agentUid);
  const packages = folder ?? packagesFolder(database, isSystem);
  return host.plugins.packages.flatMap((entry) => {
    try {
      checkPackage(entry, { agentId, isSystem, packages, now: Date.now }, (tree) => ({
        facts: verifyTree(tree, entry.integrity),
      }));
      return [];
    } catch (error) {
      const reason = reasonOf(error);
      const table = `plugins.${entry.name}`;
      return [
        {
          section: { table, plugin: entry.name, state: 'disabled_error', reason },
          problem: { path: ['plugins', entry.name], problem: `is not loaded: ${reason}`, expected: 'a plugin as it was granted' },
          isFatal: entry.startup === 'error',
        },
      ];
    }
  });
}

/** Wire names of what loadable packages offer, as far as they were looked at before. */
export function keptCommands(host: HostFile, packages: readonly PluginPackage[], agentUid: number): readonly string[] {
  const database = String(host.values['storage']?.['db_path']);
  const installed = packagesFolder(database, isSystemMode(host.path, agentUid));
  return packages
    .filter(({ grants }) => grants.commands !== 'none')
    .flatMap((entry) => {
      const kept = keptManifest([join(installed, entry.name, 'manifests'), manifestsFolder(database)], entry);
      return (kept?.commands ?? []).map(({ id }) => `${entry.name}_${id}`);
    });
}

/** What the file system refuses is a reason too. */
function reasonOf(error: unknown): string {
  if (isAgentError(error) || (error instanceof Error && 'code' in error)) return error.message;
  throw error;
}
