import { isDeepStrictEqual } from 'node:util';
import type { Clock, Kernel, PluginStatus } from '@stormpulse/kernel';
import { isAgentError } from '@stormpulse/plugin-api';
import type { Logger } from '@stormpulse/plugin-api';
import { PluginSetup, PluginStart } from '@stormpulse/plugin-api/internal';
import { asLoaded, readHostFile } from '../config/load.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { PluginPackage } from '../config/plugin-tables.ts';
import { grantLines } from './asked-and-granted.ts';
import type { PluginPackages } from './plugin-packages.ts';

/** What became of one plugin: `kept` is the one before, `restart` what this run cannot do. */
export interface PluginOutcome {
  readonly plugin: string;
  readonly outcome: 'runs' | 'gone' | 'refused' | 'kept' | 'restart';
  readonly reason?: string;
}

/** What the running agent made of its file when it was asked to read it again. */
export interface PluginChange {
  readonly requests: readonly string[];
  /** Of what is not as it was. */
  readonly outcomes: readonly PluginOutcome[];
  /** Why the file was not taken at all. */
  readonly problem?: string;
}

export interface LivePluginsOptions {
  readonly kernel: Pick<Kernel, 'exchange' | 'status'>;
  readonly packages: PluginPackages;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Reasons that may pass by themselves; the others wait for a person. */
const PASSING: readonly string[] = [PluginSetup.code, PluginStart.code];
const RETRY_MS = 2_000;
const RETRY_MAX_MS = 300_000;

/** The plugins of others in a running agent: takes what their operator changes, and tries again those that are to be (D3). */
export class LivePlugins {
  readonly #options: LivePluginsOptions;
  readonly #loaded: LoadedConfig;
  readonly #current: Map<string, PluginPackage>;
  readonly #retries = new Map<string, { readonly times: number; readonly cancel: () => void }>();
  readonly #isPlanned = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  /** `loaded`: what the agent started with. */
  constructor(loaded: LoadedConfig, options: LivePluginsOptions) {
    this.#loaded = loaded;
    this.#options = options;
    this.#current = new Map(loaded.config.packages.map((one) => [one.name, one]));
    this.look();
  }

  /** Something of the agent's status changed: what failed of what may pass is tried again later. */
  look(): void {
    for (const { name, startup } of this.#current.values())
      if (startup === 'retry' && !this.#isPlanned.has(name)) this.#retryLater(name);
  }

  /** Reads the file again and takes what it can of it; one at a time. */
  apply(): Promise<Omit<PluginChange, 'requests'>> {
    return this.#inTurn(() => this.#apply());
  }

  close(): void {
    this.#isClosed = true;
    for (const { cancel } of this.#retries.values()) cancel();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #apply(): Promise<Omit<PluginChange, 'requests'>> {
    await this.#options.packages.seen();
    const read = this.#read();
    if (typeof read === 'string') return { outcomes: [], problem: read };
    const wanted = new Map(read.config.packages.map((one) => [one.name, one]));
    const outcomes: PluginOutcome[] = [];
    for (const name of new Set([...this.#current.keys(), ...wanted.keys()])) {
      const change = await this.#take(name, wanted.get(name));
      if (change !== undefined) outcomes.push({ plugin: name, ...change });
    }
    for (const outcome of outcomes) this.#options.logger.info(outcome, 'a change of a plugin was taken');
    const others = otherTables(this.#loaded, read).map(
      (plugin) => ({ plugin, outcome: 'restart', reason: OTHER_TABLE }) as const,
    );
    return { outcomes: [...outcomes, ...others] };
  }

  /** The file as it is, or why it cannot be taken. */
  #read(): LoadedConfig | string {
    try {
      const host = readHostFile(this.#loaded.host.path);
      return host.problems.length === 0 ? asLoaded(host) : host.explain(host.problems);
    } catch (error) {
      if (isAgentError(error) || (error instanceof Error && 'code' in error)) return error.message;
      throw error;
    }
  }

  async #take(name: string, after: PluginPackage | undefined): Promise<Omit<PluginOutcome, 'plugin'> | undefined> {
    const { kernel, packages } = this.#options;
    const before = this.#current.get(name);
    const stands = this.#stands(name);
    const isRevoked = after !== undefined && packages.isRevoked(after);
    if (stands && !isRevoked && isDeepStrictEqual(before, after)) return undefined;
    const isInAgent = stands && before?.isolation === 'none';
    if (after === undefined) {
      await kernel.exchange(name, []);
      this.#current.delete(name);
      return isInAgent ? { outcome: 'gone', reason: STILL_LOADED } : { outcome: 'gone' };
    }
    if (isInAgent && !isRevoked) return { outcome: 'restart', reason: PART_OF_IT };
    const mayGoOn = stands && before !== undefined && !isRevoked && holdsAllOf(after, before);
    const outcome = await this.#bringIn(after, mayGoOn ? before : undefined);
    return isInAgent ? { ...outcome, reason: `${outcome.reason ?? ''}; ${STILL_LOADED}` } : outcome;
  }

  /** What cannot be loaded never takes the place of one that runs and may go on. */
  async #bringIn(after: PluginPackage, fallback: PluginPackage | undefined): Promise<Omit<PluginOutcome, 'plugin'>> {
    const { kernel, packages } = this.#options;
    const { name } = after;
    const kept = fallback === undefined ? [] : [entryOfKept(packages, fallback)];
    const entry = packages.entryOf(after);
    const plugin = entry.load();
    const problem = await plugin.then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    if (problem !== undefined && fallback !== undefined) {
      packages.entryOf(fallback);
      return { outcome: 'kept', reason: problem };
    }
    const next = { ...entry, startup: 'disable', load: () => plugin } as const;
    const [first, second] = await kernel.exchange(name, [next, ...kept]);
    if (isLive(second)) return { outcome: 'kept', reason: first?.reason ?? 'it did not start' };
    this.#current.set(name, after);
    if (!isLive(first)) this.#retryLater(name);
    return isLive(first) ? { outcome: 'runs' } : { outcome: 'refused', reason: first?.reason ?? 'the agent is stopping' };
  }

  #stands(name: string): boolean {
    const status = this.#statusOf(name);
    return status?.state === 'configured' || status?.state === 'starting' || isLive(status);
  }

  #statusOf(name: string): PluginStatus | undefined {
    return this.#options.kernel.status.plugins.find((one) => one.name === name);
  }

  /** `startup = "retry"`: 2 s, 4 s … 5 minutes after it failed of what may pass. */
  #retryLater(name: string): void {
    const { clock, logger } = this.#options;
    if (this.#isClosed || this.#current.get(name)?.startup !== 'retry') return;
    if (!PASSING.includes(this.#statusOf(name)?.code ?? '')) return;
    const { times, cancel } = this.#retries.get(name) ?? { times: 0, cancel: () => undefined };
    cancel();
    const ms = Math.min(RETRY_MS * 2 ** times, RETRY_MAX_MS);
    logger.warn({ plugin: name, again_in_ms: ms }, 'startup = "retry": it is tried again');
    const failed = (error: unknown): void => logger.error({ err: error, plugin: name }, 'it could not be tried again');
    this.#isPlanned.add(name);
    const again = (): void => void this.#inTurn(() => this.#retry(name)).catch(failed);
    this.#retries.set(name, { times: times + 1, cancel: clock.after(ms, again) });
  }

  async #retry(name: string): Promise<void> {
    const config = this.#current.get(name);
    this.#isPlanned.delete(name);
    if (this.#isClosed || config === undefined || this.#stands(name)) return;
    const { outcome } = await this.#bringIn(config, undefined);
    if (outcome === 'runs') this.#retries.delete(name);
  }
}

const PART_OF_IT = 'isolation = "none": its code is loaded in the agent, and nothing of that changes while it runs';
const STILL_LOADED = 'isolation = "none": its code stays loaded, without being called, until the agent is started again';
const OTHER_TABLE = 'changed in the file; it is read when the agent starts';

function isLive(status: PluginStatus | undefined): boolean {
  return status?.state === 'ready' || status?.state === 'degraded';
}

/** The one before may go on only while nothing was taken from it. */
function holdsAllOf(after: PluginPackage, before: PluginPackage): boolean {
  const lines = grantLines(after.grants);
  return grantLines(before.grants).every((line) => lines.includes(line));
}

/** The newest entry that was made says what the agent holds. One that does not stand again either ends no agent that runs. */
function entryOfKept(packages: PluginPackages, config: PluginPackage) {
  const load = async (): Promise<unknown> => await packages.entryOf(config).load();
  return { ...packages.entryOf(config), startup: 'disable', load } as const;
}

/** Tables besides packages of others that are not as they were. */
function otherTables(before: LoadedConfig, now: LoadedConfig): string[] {
  const own = (loaded: LoadedConfig): Record<string, unknown> => {
    const { plugins: _, ...tables } = loaded.host.file;
    const limits = Object.entries(loaded.host.plugins.limits).map(([name, table]) => [`plugins.${name}`, table]);
    return { ...tables, ...(Object.fromEntries(limits) as object) };
  };
  const [was, is] = [own(before), own(now)];
  return [...new Set([...Object.keys(was), ...Object.keys(is)])].filter((name) => !isDeepStrictEqual(was[name], is[name]));
}
