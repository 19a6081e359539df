import { ConfigInvalid, isAgentError } from '@stormpulse/plugin-api';
import type { Capabilities, ConfigProblem, Logger, Plugin } from '@stormpulse/plugin-api';
import { PluginSetup } from '@stormpulse/plugin-api/internal';
import type { PluginManifest } from '@stormpulse/plugin-api/internal';
import type { Clock } from '@stormpulse/kernel';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AgentCalls } from './agent-calls.ts';
import { asArgs } from './args.ts';
import type { StartCarrier } from './carrier.ts';
import { checkManifest } from './check-manifest.ts';
import { withCheckedPatterns } from './check-patterns.ts';
import { compileFlags } from './compile-flags.ts';
import { PluginEnded, PluginSilent } from './errors.ts';
import { InAgentPlugin } from './in-agent.ts';
import { inKernel } from './in-kernel.ts';
import type { IsolationLimits } from './limits.ts';
import { LogFlow } from './log-flow.ts';
import type { LoopMark } from './loop-mark.ts';
import { foldersOf, packageFolderOf, permissionFlags } from './permission-flags.ts';
import { processCarrier } from './process-carrier.ts';
import type { StartProcess } from './process-carrier.ts';
import { Session } from './session.ts';
import { standIn } from './stand-in.ts';
import { Supervisor } from './supervisor.ts';
import { textOf } from './travelling-error.ts';
import { workerCarrier } from './worker-carrier.ts';

/** One plugin as the host's file names it; its code is verified already. */
export interface PluginSource {
  readonly name: string;
  /** File URL of its code, whose default export is the plugin. */
  readonly entry: string;
  /** The folder of all its code, dependencies included: what it may read. Default: that of the package of `entry`. */
  readonly tree?: string;
  readonly config: unknown;
  readonly isolation: 'process' | 'worker' | 'none';
  /** What this code declares for this config, when it is known: nothing is started before `onStart` then. */
  readonly kept?: PluginManifest;
}

/** What one isolated plugin costs, and how it did. */
export interface PluginBill {
  readonly name: string;
  readonly isolation: Isolated;
  /** Of one core, over the last seconds; of a thread Node tells none. */
  readonly cpuPercent?: number;
  /** Resident, of a process; heap and buffers as it tells them itself, of a thread. */
  readonly memoryBytes?: number;
  /** Since the agent loaded it. */
  readonly restarts: number;
  readonly lastError?: string;
}

export interface PluginRunner {
  /** The plugin, or its stand-in, for the kernel. Rejects with `E_CONFIG_INVALID`, `E_PLUGIN_*`. */
  load(source: PluginSource): Promise<Plugin>;
  /** Runs setup apart from everything and gives what it declares. Rejects with the same. */
  derive(source: Omit<PluginSource, 'kept'>): Promise<PluginManifest>;
  /** Of what has a process or a thread of its own now; looked at when it is asked. */
  bills(): readonly PluginBill[];
  /** Resolves when what runs elsewhere has nothing to do but to wait for the agent; for who plays the agent's time. */
  atRest(): Promise<void>;
  /** Ends what it started; bounded. The kernel stops plugins itself before. */
  close(): Promise<void>;
}

export interface RunnerOptions {
  readonly clock: Clock;
  /** Bound to the name of a plugin. */
  readonly logger: (name: string) => Logger;
  readonly limits: IsolationLimits;
  readonly start: StartProcess;
  readonly node: string;
  /** Of that Node, as `process.versions.node`. */
  readonly nodeVersion: string;
  readonly childEntry: URL;
  /** False: without Node's permission flags. */
  readonly permissions: boolean;
  readonly loopMark?: LoopMark;
}

type Isolated = 'process' | 'worker';

/** Gives the kernel plugins that run elsewhere, and those that do not. */
export function createRunner(options: RunnerOptions): PluginRunner {
  const open = new Set<Pick<Session, 'atRest' | 'close'>>();
  const supervised = new Map<Supervisor, Pick<PluginBill, 'name' | 'isolation'>>();
  const closing = async (one: Pick<Session, 'close' | 'atRest'>): Promise<void> => {
    open.delete(one);
    await one.close();
  };
  return {
    async load(source) {
      const { isolation, kept, name } = source;
      if (isolation === 'none') {
        const { clock, limits, logger } = options;
        const own = new InAgentPlugin({ plugin: name, clock, limits, logger: logger(name) });
        const plugin = await withCheckedPatterns(await own.run(() => importDefault(source.entry)));
        return inKernel(name, plugin, own, options.loopMark) as Plugin;
      }
      const supervisor = supervise(options, source, isolation);
      open.add(supervisor);
      supervised.set(supervisor, { name, isolation });
      try {
        const manifest = kept === undefined ? await supervisor.look(isKeptRunning) : await checkManifest(name, kept);
        return standIn(manifest, supervisor);
      } catch (error) {
        await closing(supervisor);
        throw error;
      }
    },
    async derive(source) {
      const isolation = source.isolation === 'worker' ? 'worker' : 'process';
      const { session, manifest } = begin(
        options,
        source,
        isolation,
        {},
        callsOf(options, source.name, () => undefined),
        () => undefined,
      );
      open.add(session);
      try {
        return await manifest;
      } finally {
        await closing(session);
      }
    },
    bills() {
      for (const one of supervised.keys()) {
        if (!one.isClosed) continue;
        supervised.delete(one);
        open.delete(one);
      }
      return [...supervised].map(([{ bill }, plugin]) => ({ ...plugin, ...bill }));
    },
    async atRest() {
      await Promise.all([...open].map((one) => one.atRest()));
    },
    async close() {
      await Promise.all([...open].map(closing));
    },
  };
}

/** One that may read and write nothing but its own code goes on as it was started; another is started with what it was granted. */
function isKeptRunning({ capabilities: { read = [], write = [] } }: PluginManifest): boolean {
  return read.length === 0 && write.length === 0;
}

function supervise(options: RunnerOptions, source: PluginSource, isolation: Isolated): Supervisor {
  const { clock, limits, logger } = options;
  let current: Session | undefined;
  let capabilities: Capabilities = source.kept?.capabilities ?? {};
  const calls = callsOf(options, source.name, () => current);
  return new Supervisor({
    plugin: source.name,
    clock,
    limits,
    logger: logger(source.name),
    calls,
    kept: source.kept,
    begin: (onFailed) => {
      const begun = begin(options, source, isolation, capabilities, calls, (why) => {
        calls.ended();
        onFailed(why);
      });
      current = begun.session;
      const manifest = begun.manifest.then((declared) => {
        capabilities = declared.capabilities;
        return declared;
      });
      return { session: begun.session, manifest };
    },
  });
}

function callsOf(options: RunnerOptions, plugin: string, session: () => Session | undefined): AgentCalls {
  const log = new LogFlow(options.logger(plugin), options.clock);
  const back: ConstructorParameters<typeof AgentCalls>[0]['back'] = (name, args, signal) =>
    session()?.back(name, args, signal) ?? Promise.reject(new Error('the plugin is not running'));
  return new AgentCalls({ plugin, log, back });
}

function begin(
  options: RunnerOptions,
  source: PluginSource,
  isolation: Isolated,
  capabilities: Capabilities,
  calls: AgentCalls,
  onFailed: (why: string) => void,
): { readonly session: Session; readonly manifest: Promise<PluginManifest> } {
  const { clock, limits } = options;
  const { name, entry, config } = source;
  const start = carrierOf(options, source, isolation, capabilities);
  const output = new LogFlow(options.logger(name), clock);
  const session = new Session({ plugin: name, clock, limits, start, calls, onFailed, onOutput: (chunk) => output.output(chunk) });
  const manifest = session.init(name, entry, config).then(
    (declared) => checkManifest(name, declared),
    (error: unknown) => {
      throw asSetupError(name, error);
    },
  );
  return { session, manifest };
}

function carrierOf(options: RunnerOptions, source: PluginSource, isolation: Isolated, capabilities: Capabilities): StartCarrier {
  const { childEntry, limits, nodeVersion } = options;
  if (isolation === 'worker') return workerCarrier({ entry: childEntry, heapMb: limits.heapMb });
  const child = fileURLToPath(childEntry);
  const readable = [...foldersOf(child), source.tree ?? packageFolderOf(source.entry)];
  const flags = options.permissions ? permissionFlags(nodeVersion, readable, capabilities) : [];
  // A small young generation: what a call leaves behind would otherwise keep megabytes of each process.
  const memory = [`--max-old-space-size=${limits.heapMb}`, '--max-semi-space-size=1'];
  const args = [...memory, ...compileFlags(nodeVersion), '--disable-proto=throw', ...flags, child];
  return processCarrier({ clock: options.clock, start: options.start, node: options.node, args });
}

/** What refuses a plugin, in words of its own; what came from its side is made anew. */
function asSetupError(plugin: string, error: unknown): Error {
  if (ConfigInvalid.is(error)) return ConfigInvalid({ problems: problemsIn(error.details['problems']) });
  if (PluginEnded.is(error)) return PluginSetup({ plugin, problem: `did not come to its end: ${String(error.details['why'])}` });
  if (PluginSilent.is(error)) return PluginSetup({ plugin, problem: `took longer than ${String(error.details['ms'])} ms` });
  return isAgentError(error) ? error : PluginSetup({ plugin, problem: `was not reached: ${textOf(error)}` });
}

function problemsIn(value: unknown): readonly ConfigProblem[] {
  const given: readonly unknown[] = Array.isArray(value) ? value : [];
  return given.slice(0, 50).map((one) => {
    const { path, problem, expected, fix } = asArgs(one);
    const steps: readonly unknown[] = Array.isArray(path) ? path : [];
    return {
      path: steps.filter((step) => typeof step === 'string' || typeof step === 'number'),
      problem: String(problem).slice(0, 500),
      expected: String(expected).slice(0, 500),
      ...(typeof fix === 'string' ? { fix: fix.slice(0, 500) } : {}),
    };
  });
}

async function importDefault(entry: string): Promise<unknown> {
  const url = entry.startsWith('file:') ? entry : pathToFileURL(entry).href;
  return ((await import(url)) as { readonly default?: unknown }).default;
}
