import type { Kernel, LocalPolicy, PluginEntry, Ports } from '@stormpulse/kernel';
import type { LoadedConfig } from '../config/load.ts';
import type { AgentPorts } from '../container.ts';
import { loopMarkPath } from '../host/state-paths.ts';
import type { RunningStatus } from '../host/status-file.ts';
import { isAnythingLeft, takeRequests, watchFolder } from './apply-requests.ts';
import type { LivePlugins, PluginChange } from './live-plugins.ts';
import { changesFolder } from './plugin-folders.ts';
import type { PluginPackages } from './plugin-packages.ts';

/** The plugins of others in one run of the agent. */
export interface PluginsOfOthers {
  readonly entries: readonly PluginEntry[];
  readonly ports: Required<Pick<Ports, 'policy'>>;
  /** Where one came from. */
  readonly origin: PluginPackages['origin'];
  readonly status: () => Pick<RunningStatus, 'pluginProcesses' | 'takesPluginChanges' | 'pluginChange'>;
  /** From now on what the operator changes is taken. */
  begin(kernel: Kernel): void;
  /** Something of the agent's status changed. */
  look(): void;
  /** What changes them, before the kernel closes; then what runs them. */
  freeze(): void;
  close(): Promise<void>;
}

/** What reads packages is loaded by an agent whose file, or whose operator meanwhile, names one. */
export async function openPluginsOfOthers(
  loaded: LoadedConfig,
  ports: AgentPorts,
  onChange: () => void,
): Promise<PluginsOfOthers> {
  const { config } = loaded;
  const { audit, clock } = ports;
  const logger = ports.logger('plugins');
  const folder = changesFolder(config.databasePath);
  // This run reads the file as it is.
  takeRequests(folder);
  let packages: PluginPackages | undefined;
  let opening: Promise<PluginPackages> | undefined;
  if (config.packages.length > 0 || isAnythingLeft(folder)) await opened();
  const entries = loadedTogether(config.packages.flatMap((one) => packages?.entryOf(one) ?? []));
  let unwatch = (): void => undefined;
  let live: LivePlugins | undefined;
  let change: PluginChange | undefined;
  return {
    entries,
    // One that comes in later has its fence too.
    ports: { policy: fenced(ports.policy, (plugin) => packages?.fence(plugin)) },
    origin: (plugin) => packages?.origin(plugin),
    status: () => ({
      takesPluginChanges: true,
      ...(packages === undefined ? {} : { pluginProcesses: packages.bills() }),
      ...(change === undefined ? {} : { pluginChange: change }),
    }),
    begin(kernel) {
      unwatch = watchFolder(folder, logger, () => void seen(kernel).catch(failed));
      if (config.packages.some(({ startup }) => startup === 'retry')) liveIn(kernel).catch(failed);
    },
    look: () => live?.look(),
    freeze() {
      unwatch();
      live?.close();
    },
    async close() {
      await packages?.close();
    },
  };

  async function opened(): Promise<PluginPackages> {
    packages = await (opening ??= open());
    return packages;
  }

  async function open(): Promise<PluginPackages> {
    const { openPluginPackages } = await import('./plugin-packages.ts');
    const { isolatingRunner } = await import('./isolating-runner.ts');
    const mark = { loopMarkPath: loopMarkPath(config.databasePath) };
    const runner = isolatingRunner({ clock, logger: ports.logger, ...mark });
    return await openPluginPackages(config, { agentUid: process.geteuid?.() ?? -1, audit, logger, runner });
  }

  async function seen(kernel: Kernel): Promise<void> {
    if (!isAnythingLeft(folder)) return;
    await (await opened()).seen();
    const requests = takeRequests(folder);
    if (requests.length === 0) return;
    const outcome = await (await liveIn(kernel)).apply();
    change = { requests, ...outcome };
    onChange();
  }

  async function liveIn(kernel: Kernel): Promise<LivePlugins> {
    const { LivePlugins: Live } = await import('./live-plugins.ts');
    const options = { kernel, packages: await opened(), clock, logger };
    return (live ??= new Live(loaded, options));
  }

  function failed(error: unknown): void {
    logger.error({ err: error }, 'a change of plugins was not taken; restart the agent for it');
  }
}

/** The host's policy, and the fence before it. */
function fenced(policy: LocalPolicy | undefined, fence: PluginPackages['fence']): LocalPolicy {
  return {
    ...(policy?.rules === undefined ? {} : { rules: policy.rules }),
    refusalFor: (command) => fence(command.plugin ?? '') ?? policy?.refusalFor(command),
  };
}

/** The kernel sets one up after the other; what they wait for before, disks and derivations, they wait for at the same time. */
function loadedTogether(entries: readonly PluginEntry[]): readonly PluginEntry[] {
  let begun: readonly Promise<unknown>[] | undefined;
  const begin = (): readonly Promise<unknown>[] => {
    const all = entries.map((entry) => entry.load());
    // Each is the kernel's to refuse, when its turn comes.
    for (const one of all) one.catch(() => undefined);
    return all;
  };
  return entries.map((entry, at) => ({ ...entry, load: async () => await (begun ??= begin())[at] }));
}
