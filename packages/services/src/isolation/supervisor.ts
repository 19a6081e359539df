import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '@stormpulse/plugin-api';
import type { PluginManifest } from '@stormpulse/plugin-api/internal';
import type { Clock } from '@stormpulse/kernel';
import type { AgentCalls } from './agent-calls.ts';
import { asArgs } from './args.ts';
import { PluginAway, PluginChanged } from './errors.ts';
import type { IsolationLimits } from './limits.ts';
import type { Ask, Host, Remote } from './remote.ts';
import type { Args } from './rpc.ts';
import type { Session } from './session.ts';
import { textOf } from './travelling-error.ts';
import type { Used } from './watch.ts';

const START_MS = 10_000;
/** How long one that was started to be looked at waits for the kernel to take it. */
const TAKEN_WITHIN_MS = 10_000;

export interface SupervisorOptions {
  readonly plugin: string;
  readonly clock: Clock;
  readonly limits: IsolationLimits;
  readonly logger: Logger;
  readonly calls: AgentCalls;
  /** Starts a life of the plugin and gives what it declares; the session is over when it rejects. */
  readonly begin: (onFailed: (why: string) => void) => { readonly session: Session; readonly manifest: Promise<PluginManifest> };
  /** What it declares, when that is known before it is started. */
  readonly kept: PluginManifest | undefined;
}

/** How the plugin is. */
type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'live'; readonly session: Session }
  | { readonly kind: 'away'; readonly why: string; readonly backAt: number }
  | { readonly kind: 'off'; readonly why: string }
  | { readonly kind: 'closed' };

/** Keeps an isolated plugin running: names what it failed of, starts it again later each time, and gives it up in the end (SEC-207). */
export class Supervisor implements Remote {
  readonly #options: SupervisorOptions;
  readonly #failedAt: number[] = [];
  #state: State = { kind: 'idle' };
  #kept: PluginManifest | undefined;
  #host: Host | undefined;
  /** Not live yet. */
  #starting: Session | undefined;
  #cancel: () => void = () => undefined;
  readonly #waiting: (() => void)[] = [];
  #isStarted = false;
  #restarts = 0;
  #lastError: string | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#kept = options.kept;
  }

  /** What it costs, and how often it failed since the agent started it. */
  get bill(): Used & { readonly restarts: number; readonly lastError?: string } {
    const used = this.#state.kind === 'live' ? this.#state.session.used : {};
    return { ...used, restarts: this.#restarts, ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }) };
  }

  get isClosed(): boolean {
    return this.#state.kind === 'closed';
  }

  /** Before the kernel knows it: starts it and gives what it declares. `keep` false ends it again. */
  async look(keep: (manifest: PluginManifest) => boolean): Promise<PluginManifest> {
    let failed: string | undefined;
    const { session, manifest } = this.#options.begin((why) => {
      failed = why;
      if (this.#state.kind === 'closed') return;
      if (this.#host === undefined) this.#become({ kind: 'idle' });
      else this.#failed(why);
    });
    this.#starting = session;
    let declared: PluginManifest;
    try {
      declared = await manifest;
    } catch (error) {
      await session.close();
      throw error;
    } finally {
      this.#starting = undefined;
    }
    this.#kept = declared;
    if (failed !== undefined || this.#state.kind === 'closed' || !keep(declared)) {
      await session.close();
      return declared;
    }
    this.#become({ kind: 'live', session });
    this.#cancel = this.#options.clock.after(TAKEN_WITHIN_MS, () => {
      if (this.#host !== undefined) return;
      this.#become({ kind: 'idle' });
      void session.close();
    });
    return declared;
  }

  readonly runs = {
    begin: (members: Parameters<AgentCalls['begin']>[0]): number => this.#options.calls.begin(members),
    over: (run: number): void => this.#options.calls.over(run),
  };

  /** Resolves when it has nothing to do, or has ended where it is ending. */
  async atRest(): Promise<void> {
    if (this.#state.kind === 'live') await this.#state.session.atRest();
    await this.#closing;
  }

  attach(host: Host): void {
    this.#cancel();
    this.#host = host;
    this.#options.calls.attach(host);
  }

  /** Its own `onStart` may refuse; one that fails otherwise is started again, and the agent does not wait for that. */
  async start(signal: AbortSignal): Promise<void> {
    this.#isStarted = true;
    signal.throwIfAborted();
    const state = this.#state;
    const session = state.kind === 'live' ? state.session : state.kind === 'idle' ? await this.#begin() : undefined;
    if (session !== undefined) await this.#starts(session);
    // It failed since its setup, and is looked after; the kernel calls it ready right after this.
    else if (this.#state.kind === 'away') this.#tellSoon(this.#away(this.#state).message);
  }

  /** What is asked while it starts for the first time waits for that. */
  async ask(name: string, args: Args, how: Ask): Promise<unknown> {
    if (this.#state.kind === 'idle')
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    how.signal?.throwIfAborted();
    const state = this.#state;
    if (state.kind === 'live') return await state.session.ask(name, args, how);
    throw this.#away(state);
  }

  #become(state: State): void {
    this.#state = state;
    if (state.kind !== 'idle') for (const resolve of this.#waiting.splice(0)) resolve();
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#cancel();
    const state = this.#state;
    this.#become({ kind: 'closed' });
    await Promise.all([this.#starting?.close(), state.kind === 'live' ? state.session.close() : undefined]);
  }

  /** Undefined: it failed, and is looked after. Rejects with what refuses it for good. */
  async #begin(): Promise<Session | undefined> {
    const { plugin, begin } = this.#options;
    const { session, manifest } = begin((why) => this.#failed(why));
    this.#starting = session;
    try {
      const part = differing(this.#kept, await manifest);
      if (part !== undefined) throw PluginChanged({ plugin, part });
    } catch (error) {
      const isOver = session.isOver;
      await session.close();
      // What it failed of was told already.
      if (isOver) return undefined;
      throw error;
    } finally {
      this.#starting = undefined;
    }
    if (this.#state.kind === 'closed') {
      await session.close();
      return undefined;
    }
    this.#become({ kind: 'live', session });
    return session;
  }

  async #starts(session: Session): Promise<void> {
    try {
      await session.ask('start', {}, { what: 'its start', ms: START_MS });
    } catch (error) {
      if (session.isOver) return;
      this.#become({ kind: 'idle' });
      await session.close();
      throw error;
    }
  }

  #failed(why: string): void {
    if (this.#state.kind === 'closed' || this.#state.kind === 'off') return;
    const { clock, limits, logger, plugin } = this.#options;
    this.#lastError = why;
    const now = clock.monotonic();
    this.#failedAt.push(now);
    while ((this.#failedAt[0] ?? now) < now - limits.failuresWithinMs) this.#failedAt.shift();
    const times = this.#failedAt.length;
    if (times >= limits.failures) {
      const within = `${times} times in ${Math.round(limits.failuresWithinMs / 60_000)} minutes`;
      this.#become({ kind: 'off', why: `${why}, and had failed ${within}` });
    } else {
      const waitMs = Math.min(limits.backoffMs * 2 ** (times - 1), limits.backoffMaxMs);
      this.#become({ kind: 'away', why, backAt: now + waitMs });
      this.#cancel = clock.after(waitMs, () => void this.#again());
    }
    const error = this.#away(this.#state);
    logger.error({ code: error.code, plugin, failures: times }, error.message);
    if (this.#isStarted) this.#tellSoon(error.message);
  }

  #tellSoon(why: string): void {
    setImmediate(() => this.#host?.ctx.health.degraded(why));
  }

  async #again(): Promise<void> {
    try {
      const session = await this.#begin();
      if (session === undefined) return;
      if (this.#isStarted) await this.#starts(session);
      if (this.#state.kind !== 'live') return;
      this.#restarts += 1;
      this.#options.logger.info({}, 'the plugin runs again');
      this.#host?.ctx.health.ok();
    } catch (error) {
      if (PluginChanged.is(error)) this.#giveUp(error.message);
      else this.#failed(`it did not start again: ${textOf(error)}`);
    }
  }

  #giveUp(why: string): void {
    if (this.#state.kind === 'closed') return;
    this.#lastError = why;
    this.#become({ kind: 'off', why });
    this.#options.logger.error({}, this.#away(this.#state).message);
    this.#host?.ctx.health.degraded(this.#away(this.#state).message);
  }

  #away(state: State): Error & { readonly code: string } {
    const { plugin, clock } = this.#options;
    const [why, back] =
      state.kind === 'away'
        ? [state.why, `it comes back in ${Math.max(1, Math.ceil((state.backAt - clock.monotonic()) / 1_000))} s`]
        : state.kind === 'off'
          ? [state.why, 'it stays off until the agent is started again']
          : state.kind === 'closed'
            ? ['it was stopped', 'the agent, or the plugin, is stopping']
            : ['it has not been started yet', 'try again later'];
    return PluginAway({ plugin, why, back });
  }
}

/** The first part in which a manifest is not the one that was kept; undefined: it is the same. */
function differing(kept: PluginManifest | undefined, declared: unknown): string | undefined {
  if (kept === undefined) return undefined;
  const [before, now] = [asArgs(kept), asArgs(declared)];
  return [...new Set([...Object.keys(before), ...Object.keys(now)])].find((name) => !isDeepStrictEqual(before[name], now[name]));
}
