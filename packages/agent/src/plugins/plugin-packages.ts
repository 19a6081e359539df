import { rmSync } from 'node:fs';
import type { AuditLog, PluginEntry } from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import type { PluginBill } from '@stormpulse/services/isolation';
import type { AgentConfig } from '../config/agent-config.ts';
import type { PluginPackage } from '../config/plugin-tables.ts';
import { isSystemMode } from '../host/system-mode.ts';
import { recordChanges } from './grant-changes.ts';
import { readRecords } from './grant-records.ts';
import { grantsOf, loadPackage } from './load-package.ts';
import type { PackageHost } from './load-package.ts';
import { changesFolder, copiesFolder, manifestsFolder, packagesFolder } from './plugin-folders.ts';
import type { PluginRunner } from './runner.ts';

/** Makes entries for the kernel of packages, and keeps what their operator decides. */
export interface PluginPackages {
  /** Of one that is to be loaded from now on. Loads nothing yet. */
  readonly entryOf: (config: PluginPackage) => PluginEntry;
  readonly isRevoked: (config: PluginPackage) => boolean;
  /** Puts what was decided since into the host's record; what was taken back is fenced before. */
  readonly seen: () => Promise<void>;
  readonly bills: () => readonly PluginBill[];
  /** The one that was brought in last. */
  readonly origin: (plugin: string) => PluginPackage | undefined;
  /** Asked before each command: what was revoked while the agent runs is refused at once (SEC-208). */
  readonly fence: (plugin: string) => string | undefined;
  close(): Promise<void>;
}

interface Surroundings {
  readonly agentUid: number;
  readonly audit: Pick<AuditLog, 'append'>;
  readonly logger: Logger;
  readonly runner: PluginRunner;
  /** Where packages are, when not in their usual place. */
  readonly packages?: string;
}

/** Records what was decided about grants since the last run. Loads nothing yet. */
export async function openPluginPackages(config: AgentConfig, around: Surroundings): Promise<PluginPackages> {
  const { databasePath, packages } = config;
  const { agentUid, audit, logger, runner } = around;
  const isSystem = isSystemMode(config.path, agentUid);
  const host: PackageHost = {
    agentId: config.agentId,
    agentUid,
    isSystem,
    packages: around.packages ?? packagesFolder(databasePath, isSystem),
    copies: copiesFolder(databasePath),
    manifests: manifestsFolder(databasePath),
    runner,
    now: Date.now,
    record: async (entry) => await audit.append(entry),
  };
  const changes = changesFolder(databasePath);
  rmSync(host.copies, { recursive: true, force: true });
  await record();
  if (packages.length > 0 && !isSystem)
    logger.warn(
      { folder: host.packages },
      'plugins of others are installed where this user can change them (docs: plugins guide)',
    );
  /** What the agent was last told to load, by name. */
  const known = new Map<string, PluginPackage>();
  const revoked = new Map<string, string>();
  let recording = Promise.resolve();
  return {
    entryOf(entry) {
      known.set(entry.name, entry);
      revoked.delete(entry.name);
      return packageEntry(entry, host);
    },
    isRevoked: (entry) => isRevoked(entry, host.packages),
    seen,
    fence: (plugin) => revoked.get(plugin),
    bills: () => runner.bills?.() ?? [],
    origin: (plugin) => known.get(plugin),
    async close() {
      await runner.close?.();
      rmSync(host.copies, { recursive: true, force: true });
    },
  };

  /** The fence stands before the record is written: what was taken away must not run meanwhile. */
  function seen(): Promise<void> {
    for (const entry of known.values()) if (isRevoked(entry, host.packages)) revoked.set(entry.name, REVOKED);
    recording = recording.then(record);
    return recording;
  }

  async function record(): Promise<void> {
    try {
      await recordChanges(changes, audit);
    } catch (error) {
      logger.error({ err: error }, 'changes of grants could not be recorded yet');
    }
  }
}

const REVOKED = 'the operator of this host revoked the plugin of this command';

function packageEntry(config: PluginPackage, host: PackageHost): PluginEntry {
  return {
    name: config.name,
    config: config.config,
    load: async () => await loadPackage(config, host),
    firstParty: false,
    grants: grantsOf(config.grants),
    startup: config.startup === 'error' ? 'error' : 'disable',
    startsApart: config.isolation !== 'none' && config.startup !== 'error',
  };
}

/** What cannot be read any more grants nothing. */
function isRevoked({ name, integrity }: PluginPackage, packages: string): boolean {
  try {
    return readRecords(packages, name).find((record) => record.integrity === integrity)?.state !== 'granted';
  } catch {
    return true;
  }
}
