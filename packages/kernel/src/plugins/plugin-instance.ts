import { Scope, mayBecome } from '@stormpulse/plugin-api/internal';
import type { AgentError, CommandGate, Logger } from '@stormpulse/plugin-api';
import type { AnyPluginDefinition, CollectorDefinition, PluginState, SetGate } from '@stormpulse/plugin-api/internal';
import type { Clock, LeftOut, PluginEntry } from '../ports.ts';
import type { PluginServices, PluginStatus } from '../plugin-ports.ts';
import type { RegisteredCommand } from './registry.ts';

/** One plugin of this run: its state, what it contributed, and what it opened. */
export class PluginInstance {
  readonly entry: PluginEntry;
  readonly logger: Logger;
  readonly scope: Scope;
  readonly commands: RegisteredCommand[] = [];
  readonly gates: CommandGate[] = [];
  readonly refreshable: CollectorDefinition[] = [];
  readonly leftOut: LeftOut[] = [];
  readonly starts: ((signal: AbortSignal) => Promise<void>)[] = [];
  readonly #abort = new AbortController();
  readonly #onChange: () => void;
  readonly #troubles = new Map<string, string>();
  #state: PluginState = 'discovered';
  #reason: string | undefined;
  #code: string | undefined;
  definition: AnyPluginDefinition | undefined;
  services: PluginServices | undefined;

  constructor(entry: PluginEntry, clock: Clock, logger: Logger, onChange: () => void) {
    this.entry = entry;
    this.logger = logger;
    this.scope = new Scope(clock);
    this.#onChange = onChange;
  }

  get name(): string {
    return this.entry.name;
  }

  get state(): PluginState {
    return this.#state;
  }

  /** Why it is degraded, refused or failed. */
  get reason(): string | undefined {
    return this.#reason;
  }

  get isLive(): boolean {
    return this.#state === 'ready' || this.#state === 'degraded';
  }

  get status(): PluginStatus {
    const told = this.#code === undefined ? {} : { code: this.#code };
    return { name: this.name, state: this.#state, ...(this.#reason === undefined ? {} : { reason: this.#reason }), ...told };
  }

  get setGates(): readonly SetGate[] {
    return this.gates.map((gate) => ({ plugin: this.name, gate }));
  }

  /** Aborted when the plugin stops, for any reason. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** An illegal transition is a bug of ours: logged and ignored. */
  become(state: PluginState, reason?: string): void {
    if (!mayBecome(this.#state, state)) {
      if (this.#state !== state) this.logger.error({ from: this.#state, to: state }, 'illegal plugin state change ignored');
      else if (state === 'degraded') this.#reason = reason;
      return;
    }
    this.#state = state;
    this.#reason = reason;
    this.#onChange();
  }

  /** What stands in its way, told by whoever met it; without a reason it is gone, and with the last of them it is ready again. */
  trouble(who: string, reason?: string): void {
    if (reason === undefined) this.#troubles.delete(who);
    else this.#troubles.set(who, reason);
    const [first] = this.#troubles.values();
    this.become(first === undefined ? 'ready' : 'degraded', first);
  }

  /** Takes it out before it ran, with the code that says why. */
  refuse(error: AgentError): void {
    this.logger.error({ code: error.code }, error.message);
    this.commands.length = 0;
    this.#code = error.code;
    this.become('refused', error.message);
  }

  /** It was set up, and does not stand. */
  fail({ code, message }: AgentError): void {
    this.#code = code;
    this.become('failed', message);
  }

  /** Releases everything it opened, last first. Idempotent, and safe at any point of its life. */
  async stop(): Promise<void> {
    this.#abort.abort(new Error(`plugin "${this.name}" is stopping`));
    // One that failed stays failed, with its reason.
    const visible = this.#state !== 'failed' && mayBecome(this.#state, 'stopping');
    if (visible) this.become('stopping');
    for (const failure of await this.scope.close()) this.logger.error({ err: failure }, 'release failed');
    if (visible) this.become('stopped');
  }
}
