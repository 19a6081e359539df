import { closeSync, constants, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Plugin } from '@stormpulse/plugin-api';
import { createLogger, createRevealSecret, createSystemClock } from '@stormpulse/services';
import type { RevealSecret } from '@stormpulse/services';
import { openVerified } from '@stormpulse/services/plugin-packages';
import type { VerifiedTree } from '@stormpulse/services/plugin-packages';
import { parse } from 'smol-toml';
import { enabledPlugins } from '../../config/agent-config.ts';
import type { EnabledPlugin } from '../../config/agent-config.ts';
import { checkConfig } from '../../config/check.ts';
import { loadFirstParty } from '../../config/first-party.ts';
import { checkOtherTables, presentPlugins } from '../../config/other-tables.ts';
import type { PluginPackage } from '../../config/plugin-tables.ts';
import { Refused } from '../../errors.ts';
import { assertManifestGranted, checkPackage } from '../../plugins/load-package.ts';
import { narrow } from '../../plugins/narrow.ts';
import type { PluginRunner, RunAs } from '../../plugins/runner.ts';
import type { AgentUser } from '../config-check-user.ts';
import { openPluginsHost } from '../plugins/plugins-host.ts';
import { openWizard } from './wizard-of-plugin.ts';
import type { WizardOfPlugin } from './wizard-of-plugin.ts';

/** Where plugins come from. */
export interface PluginSources {
  /** Names of those shipped with the agent. */
  readonly firstParty: readonly string[];
  readonly load: (name: string) => Promise<unknown>;
  /** Runs those of others, with the rights of the agent's user. */
  readonly runnerAs: (user: RunAs) => Promise<PluginRunner>;
}

export function shippedPlugins(): PluginSources {
  return {
    firstParty: presentPlugins(),
    load: loadFirstParty,
    async runnerAs(user) {
      const { isolatingRunner } = await import('../../plugins/isolating-runner.ts');
      const runAs = process.geteuid?.() === 0 && user.uid !== 0 ? { runAs: user } : {};
      return isolatingRunner({ clock: createSystemClock(), logger: createLogger({ level: 'ERROR', form: 'json' }), ...runAs });
    },
  };
}

/** A plugin of the file, or one of the agent that its section would enable. */
export interface Candidate {
  readonly name: string;
  readonly isEnabled: boolean;
  /** Undefined: it has no wizard. Rejects with what keeps it from being asked. */
  readonly open: () => Promise<WizardOfPlugin | undefined>;
}

/**
 * What could be set up on a host with this file, or with none yet. `planned`: what the file is about to say, which those of the agent are
 * asked with; what is enabled is told by the file as it is. Throws what refuses the file.
 */
export function candidates(configPath: string, sources: PluginSources, planned?: string): readonly Candidate[] {
  const present = existsSync(configPath) ? openPluginsHost(configPath, {}).loaded.config : { plugins: [], packages: [] };
  const { plugins, packages } = present;
  const enabled = new Set(plugins.map(({ name }) => name));
  const asked = planned === undefined ? plugins : pluginsIn(planned).filter(({ name }) => enabled.has(name) || !ALWAYS.has(name));
  const own = sources.firstParty.map((name) => {
    const isEnabled = enabled.has(name);
    const entry = asked.find((plugin) => plugin.name === name);
    return ownCandidate({ name, isEnabled, entry, configPath, sources });
  });
  const others = packages.map((entry) => ({
    name: entry.name,
    isEnabled: true,
    open: () => openPackage(entry, configPath, sources),
  }));
  return [...own, ...others];
}

/** The one of that name. Throws `E_AGENT_REFUSED`. */
export function candidateOf(name: string, all: readonly Candidate[]): Candidate {
  const found = all.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  throw Refused({
    what: `there is no plugin "${name}" to set up; there is ${all.map((one) => one.name).join(', ')}. One of others comes in with: stormpulse plugins add`,
  });
}

/** Plugins of any file: the agent's own plan sets up what they need on a new host. */
const ALWAYS: ReadonlySet<string> = new Set(enabledPlugins({}, {}, {}).map(({ name }) => name));

function pluginsIn(text: string): readonly EnabledPlugin[] {
  const file = parse(text);
  return enabledPlugins(checkConfig(file).values, file, checkOtherTables(file).plugins.limits);
}

function ownCandidate(own: {
  readonly name: string;
  readonly isEnabled: boolean;
  readonly entry: EnabledPlugin | undefined;
  readonly configPath: string;
  readonly sources: PluginSources;
}): Candidate {
  const { name, isEnabled, entry, configPath, sources } = own;
  return {
    name,
    isEnabled,
    async open() {
      const plugin = narrow(await sources.load(name), entry?.limits) as Plugin;
      return await openWizard({ plugin, config: entry?.config ?? {}, firstParty: true, configPath });
    },
  };
}

/** Everything that is checked before an agent runs it is checked here too; its code runs isolated, whatever its isolation. */
async function openPackage(
  entry: PluginPackage,
  configPath: string,
  sources: PluginSources,
): Promise<WizardOfPlugin | undefined> {
  const host = openPluginsHost(configPath, {});
  const { user, packages, isSystem, loaded } = host;
  const copiesFolder = mkdtempSync(join(packages, '.staging-'));
  const runner = await sources.runnerAs({ uid: user.uid, gid: user.gid });
  const end = async (): Promise<void> => {
    await runner.close?.();
    rmSync(copiesFolder, { recursive: true, force: true });
  };
  try {
    const { agentId } = loaded.config;
    const { name, integrity, config } = entry;
    const open = (folder: string): VerifiedTree =>
      openVerified({ folder, integrity, agentUid: user.uid, copiesFolder, copyName: name });
    const { tree } = checkPackage(entry, { agentId, isSystem, packages, now: Date.now }, open);
    const source = {
      name,
      entry: pathToFileURL(join(tree.folder, tree.facts.entry)).href,
      tree: tree.folder,
      config,
      isolation: 'process',
    } as const;
    const kept = await runner.derive(source);
    assertManifestGranted(entry, kept);
    const plugin = await runner.load({ ...source, kept });
    const exists = (path: string): boolean => user.look(() => existsSync(path));
    const reveal = revealAs(user);
    return await openWizard({ plugin, config, firstParty: false, configPath, exists, reveal, end });
  } catch (error) {
    await end();
    throw error;
  }
}

/** Root could read anything; a plugin of others gets what its agent may read, and nothing of this terminal's environment. */
function revealAs(user: AgentUser): RevealSecret {
  const reveal = createRevealSecret({});
  return async (source) => {
    if ('file' in source) user.look(() => closeSync(openSync(source.file, constants.O_RDONLY | constants.O_NONBLOCK)));
    return await reveal(source);
  };
}
