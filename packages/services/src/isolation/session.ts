import type { Clock } from '@stormpulse/kernel';
import type { AgentCalls } from './agent-calls.ts';
import type { Carrier, StartCarrier } from './carrier.ts';
import { PluginEnded, PluginSilent } from './errors.ts';
import type { IsolationLimits } from './limits.ts';
import type { Ask } from './remote.ts';
import { Rpc } from './rpc.ts';
import type { Args } from './rpc.ts';
import { Watch } from './watch.ts';
import type { Used } from './watch.ts';

const STOP_MS = 3_000;
const QUIET_PINGS = 5;

export interface SessionOptions {
  readonly plugin: string;
  readonly clock: Clock;
  readonly limits: IsolationLimits;
  readonly start: StartCarrier;
  readonly calls: AgentCalls;
  readonly onOutput: (chunk: string) => void;
  /** It failed, in words that follow the plugin's name. Once, and never after `close`. */
  readonly onFailed: (why: string) => void;
}

/** One life of an isolated plugin: from its start to its end, whoever ends it. */
export class Session {
  readonly #options: SessionOptions;
  readonly #carrier: Carrier;
  readonly #rpc: Rpc;
  readonly #watch: Watch;
  #isStopping = false;
  /** Frames. */
  #heard = 0;
  #dying: string | undefined;
  #over = false;

  constructor(options: SessionOptions) {
    const { clock, limits, calls } = options;
    this.#options = options;
    this.#watch = new Watch({
      clock,
      limits,
      usage: () => this.#carrier.usage(),
      ping: async () => await this.#rpc.call('ping', {}),
      onTrouble: (why) => this.#fail(why),
    });
    this.#rpc = new Rpc({
      send: (frame) => this.#carrier.send(frame),
      onCall: (name, args, running) => calls.answer(name, args, running),
      onNote: (name, args) => this.#note(name, args),
      onBroken: (why) => this.#fail(why),
    });
    this.#carrier = options.start({
      onFrames: (frames, bytes) => this.#received(frames, bytes),
      onBroken: (why) => this.#fail(why),
      onEnd: (why) => this.#fail(this.#dying === undefined ? why : `${why}, after ${this.#dying}`),
      onOutput: options.onOutput,
    });
  }

  get isOver(): boolean {
    return this.#over;
  }

  get used(): Used {
    return this.#over ? {} : this.#watch.used();
  }

  /** Resolves when no call into it waits, or when it told nothing new while it answered some pings: then it waits for the agent. */
  async atRest(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_PINGS && !this.#over && this.#rpc.waiting > 0; quiet += 1) {
      const before = this.#heard;
      await this.#rpc.call('ping', {}).catch(() => undefined);
      if (this.#heard > before + 1) quiet = -1;
    }
  }

  /** Its manifest, unchecked. Rejects with what import, config or setup threw. */
  async init(name: string, entry: string, config: unknown): Promise<unknown> {
    const { setupMs } = this.#options.limits;
    const args = { name, entry, config };
    const manifest = await this.ask('init', args, { what: 'to its setup', ms: setupMs });
    if (!this.#over) this.#watch.begin();
    return manifest;
  }

  /** The agent calls it while one of its own calls runs. */
  back(name: string, args: Args, signal: AbortSignal): Promise<unknown> {
    return this.#rpc.call(name, args, signal);
  }

  /** Rejects at the deadline; what has not answered some time after it, or after its signal, is ended. */
  async ask(name: string, args: Args, { what, ms, signal }: Ask): Promise<unknown> {
    const { clock, limits, plugin } = this.#options;
    const { answer, abort } = this.#rpc.begin(name, args);
    const cancels: (() => void)[] = [];
    const end = (why: unknown): void => {
      abort(why);
      const late = `it did not answer ${what}, not even ${limits.graceMs} ms after it was asked to end`;
      cancels.push(clock.after(limits.graceMs, () => this.#fail(late)));
    };
    const onAbort = (): void => end(signal?.reason);
    const settled = async (): Promise<unknown> => {
      try {
        return await answer;
      } finally {
        signal?.removeEventListener('abort', onAbort);
        for (const cancel of cancels) cancel();
      }
    };
    if (signal?.aborted === true) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    if (ms === undefined) return await settled();
    const late = new Promise<never>((_, reject) => {
      const give = (): void => {
        const silent = PluginSilent({ plugin, what, ms });
        end(silent);
        reject(silent);
      };
      cancels.push(clock.after(ms, give));
    });
    return await Promise.race([settled(), late]);
  }

  /** Its releases run, then it ends; bounded whatever it does. */
  async close(): Promise<void> {
    if (this.#over) return await this.#carrier.end();
    this.#watch.end();
    // Set up and no more, it has opened nothing, and nobody would answer it.
    if (!this.#options.calls.isAttached) this.#end('the plugin was only looked at');
    else await this.#release();
    await this.#carrier.end();
  }

  async #release(): Promise<void> {
    const stopped = this.#rpc.call('stop', {}).catch(() => undefined);
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.#options.clock.after(STOP_MS, resolve);
    });
    this.#isStopping = true;
    await Promise.race([stopped, late]);
    cancel();
    this.#end('the plugin was stopped');
  }

  #received(frames: readonly string[], bytes: number): void {
    this.#heard += frames.length;
    const flood = this.#watch.heard(frames.length, bytes);
    if (flood !== undefined) return this.#fail(flood);
    for (const frame of frames) if (!this.#over) this.#rpc.receive(frame);
  }

  #note(name: string, args: Args): void {
    if (name === 'dying') {
      this.#dying = String(args['why']).slice(0, 500);
      return;
    }
    try {
      if (this.#options.calls.note(name, args)) return;
    } catch (error) {
      this.#fail(`it told "${name}" out of shape: ${String(error)}`);
      return;
    }
    this.#fail(`it told "${name.slice(0, 100)}", which means nothing`);
  }

  #fail(why: string): void {
    if (this.#over) return;
    this.#end(why);
    void this.#carrier.end();
    if (!this.#isStopping) this.#options.onFailed(why);
  }

  #end(why: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#watch.end();
    this.#carrier.deafen();
    this.#rpc.close(PluginEnded({ plugin: this.#options.plugin, why }));
  }
}
