import { isAgentError } from '@stormpulse/plugin-api';
import type { AgentError, Capabilities, Logger } from '@stormpulse/plugin-api';
import {
  PluginSetup,
  PluginStart,
  askGates,
  assertGranted,
  bindSecrets,
  checkPlugin,
  parseConfig,
  recordSetup,
  refreshCommand,
  withDeadline,
} from '@stormpulse/plugin-api/internal';
import type { SetGate } from '@stormpulse/plugin-api/internal';
import type { PluginServices, PluginStatus } from '../plugin-ports.ts';
import type { LeftOut, PluginEntry, Ports } from '../ports.ts';
import { adopt, liveMembers } from './context.ts';
import { PluginInstance } from './plugin-instance.ts';
import { buildTable, nameCommand } from './registry.ts';
import type { CommandTable, RegisteredCommand } from './registry.ts';

const START_MS = 10_000;
/** The operator's own commands: the one plugin whose names win over another's (wire page, F19). */
const OVERRIDING = 'custom-commands';

/** Loads, sets up, starts and stops plugins. One plugin's failure is its own, unless the host said `startup = "error"`. */
export class PluginHost {
  readonly #ports: Ports;
  readonly #logger: Logger;
  readonly #onChange: () => void;
  #instances: readonly PluginInstance[];
  /** Of a plugin that is being exchanged. */
  #heldGates: readonly SetGate[] = [];
  #isFrozen = false;

  constructor(entries: readonly PluginEntry[], ports: Ports, onChange: () => void) {
    this.#ports = ports;
    this.#logger = ports.logger('plugins');
    this.#onChange = onChange;
    this.#instances = entries.map((entry) => this.#instanceOf(entry));
  }

  get statuses(): readonly PluginStatus[] {
    return this.#instances.map((instance) => instance.status);
  }

  get leftOut(): readonly LeftOut[] {
    return this.#instances.flatMap((instance) => instance.leftOut);
  }

  /** Every plugin in the order of the file. Rejects with the first refusal of one that must start. */
  async setUp(): Promise<void> {
    const taken = new Set<string>();
    for (const instance of this.#instances) {
      if (instance.entry.off !== undefined) instance.become('off', instance.entry.off);
      if (instance.state === 'off') continue;
      await this.#setUpOne(instance, taken);
      if (instance.state === 'configured') taken.add(instance.name);
    }
  }

  /**
   * Puts the first of `entries` that stands in the place of a plugin, or nothing, and says how each that was tried does. What runs
   * of the one before ends first: it is not offered any more, then `idle` is awaited. Its gates hold, and refuse, until another stands.
   */
  async exchange(
    name: string,
    entries: readonly PluginEntry[],
    { offer, idle }: { readonly offer: (table: CommandTable) => void; readonly idle: () => Promise<unknown> },
  ): Promise<readonly PluginStatus[]> {
    const before = this.#instances.find((instance) => instance.name === name);
    const others = this.#instances.filter((instance) => instance !== before);
    if (before !== undefined) {
      before.commands.length = 0;
      offer(await this.#table());
      await idle();
      if (this.#isFrozen) return [];
      this.#heldGates = before.setGates;
      await before.stop();
    }
    this.#instances = others;
    const tried: PluginInstance[] = [];
    for (const entry of entries) {
      if (tried.at(-1)?.isLive === true) break;
      const next = this.#instanceOf(entry);
      this.#instances = [...others, next];
      tried.push(next);
      await this.#setUpOne(next, new Set(others.map((other) => other.name)));
      if (next.state === 'configured') await this.#startOne(next);
      offer(await this.#table());
    }
    if (entries.length === 0) offer(await this.#table());
    this.#heldGates = [];
    return tried.map((instance) => instance.status);
  }

  #instanceOf(entry: PluginEntry): PluginInstance {
    return new PluginInstance(entry, this.#ports.clock, this.#ports.logger(entry.name), this.#onChange);
  }

  async #setUpOne(instance: PluginInstance, taken: ReadonlySet<string>): Promise<void> {
    try {
      await this.#configure(instance, taken);
    } catch (thrown) {
      const error = isAgentError(thrown)
        ? thrown
        : PluginSetup({ plugin: instance.name, problem: `threw ${String(thrown)}` }, { cause: thrown });
      this.#ports.denials?.add(instance.name, error);
      instance.refuse(error);
      await instance.stop();
      if (instance.entry.startup === 'error') throw error;
    }
  }

  async #configure(instance: PluginInstance, taken: ReadonlySet<string>): Promise<void> {
    const definition = checkPlugin(instance.name, await instance.entry.load(), taken);
    instance.definition = definition;
    instance.become('loaded');
    const config = parseConfig(definition.configSchema, instance.entry.config);
    const capabilities = definition.capabilities(config);
    assertGranted(instance.name, capabilities, instance.entry.grants);
    const services = this.#servicesOf(instance, capabilities);
    bindSecrets(config, (source) => services.reveal(source));
    const declared = recordSetup(definition, config, liveMembers(instance, capabilities, services, this.#ports));
    adopt(instance, capabilities, declared, this.#ports);
    this.#ports.manifest?.declared(definition, capabilities, declared);
    services.adopt(declared);
    const admitted = instance.commands.filter((command) => this.#admits(instance, command));
    instance.commands.splice(0, instance.commands.length, ...admitted, ...this.#refreshOf(instance));
    instance.become('configured');
  }

  #servicesOf(instance: PluginInstance, capabilities: Capabilities): PluginServices {
    const { name, logger, signal } = instance;
    const onHealth = (problem: string | undefined): void => instance.trouble('a probe', problem);
    const { firstParty } = instance.entry;
    const services = this.#ports.services({ name, firstParty, capabilities, logger, signal, onHealth });
    instance.scope.defer('what stands behind its context', () => services.close());
    instance.services = services;
    return services;
  }

  get gates(): readonly SetGate[] {
    return [...this.#instances.flatMap((instance) => instance.setGates), ...this.#heldGates];
  }

  /** Starts every configured plugin but those that start apart, then freezes the table of all. */
  async start(): Promise<CommandTable> {
    await Promise.all(this.#configured(false).map((instance) => this.#startOne(instance)));
    return await this.#table();
  }

  /** Starts the others, which are offered already; `offer` gets the table without one that then fails. */
  startApart(offer: (table: CommandTable) => void): void {
    for (const instance of this.#configured(true))
      void this.#startOne(instance).then(async () => instance.state === 'failed' && offer(await this.#table()));
  }

  #configured(apart: boolean): readonly PluginInstance[] {
    return this.#instances.filter(({ state, entry }) => state === 'configured' && (entry.startsApart === true) === apart);
  }

  async #startOne(instance: PluginInstance): Promise<void> {
    instance.become('starting');
    try {
      for (const start of instance.starts) {
        await withDeadline(this.#ports.clock, start(instance.signal), START_MS, `onStart of plugin "${instance.name}"`);
      }
      if (instance.state === 'starting') instance.become('ready');
      instance.services?.start();
    } catch (cause) {
      // Taken out meanwhile.
      if (instance.signal.aborted) return;
      const error = PluginStart(
        { plugin: instance.name, problem: cause instanceof Error ? cause.message : String(cause) },
        { cause },
      );
      instance.logger.error({ err: cause }, error.message);
      // Its refresh stays, and says why there is nothing to read.
      instance.commands.splice(0, instance.commands.length, ...this.#refreshOf(instance));
      instance.fail(error);
      await instance.stop();
      if (instance.entry.startup === 'error') throw error;
    }
  }

  async #table(): Promise<CommandTable> {
    let offered: RegisteredCommand[] = [];
    for (const instance of this.#instances) {
      try {
        buildTable([...offered, ...instance.commands], OVERRIDING);
        offered = [...offered, ...instance.commands];
      } catch (thrown) {
        // A collision quarantines the whole plugin (SEC-205); its siblings stay.
        const error = isAgentError(thrown) ? thrown : PluginSetup({ plugin: instance.name, problem: String(thrown) });
        await this.#quarantine(instance, error);
      }
    }
    const gates = this.#instances.flatMap((instance) => instance.setGates);
    const answers = await Promise.all(offered.map((command) => askGates(gates, command.gated, this.#ports.clock)));
    const which = (admitted: boolean) => offered.filter((_, at) => answers[at]?.allow === admitted);
    return buildTable(which(true), OVERRIDING, which(false));
  }

  async #quarantine(instance: PluginInstance, error: AgentError): Promise<void> {
    this.#logger.error({ plugin: instance.name, code: error.code }, error.message);
    instance.commands.length = 0;
    instance.fail(error);
    await instance.stop();
  }

  /** SEC-100: what a process would run is looked at once, when the plugin is set up. */
  #admits(instance: PluginInstance, command: RegisteredCommand): boolean {
    const { mode, allow = [] } = command.definition;
    if (mode.kind !== 'subprocess') return true;
    const problem = this.#ports.programs.problemWith(mode.file);
    if (problem === undefined || allow.includes(problem.reason)) return true;
    instance.leftOut.push({
      plugin: instance.name,
      command: command.wireName,
      problem: {
        path: ['commands', command.wireName, 'command'],
        problem: problem.problem,
        expected: 'a program that only its owner can change',
        fix: problem.fix,
      },
    });
    return false;
  }

  #refreshOf(instance: PluginInstance): readonly RegisteredCommand[] {
    const { name, refreshable } = instance;
    if (refreshable.length === 0) return [];
    const read = (id: string): Promise<unknown> => this.#ports.collectors.reread(name, id);
    const notLive = (): string | undefined => (instance.isLive ? undefined : (instance.reason ?? instance.state));
    const nothing = (): Promise<never> => Promise.reject(new Error('a refresh runs nothing'));
    const owner = { plugin: name, firstParty: true, isAgents: true };
    return [nameCommand(owner, refreshCommand(name, refreshable, read, notLive), nothing)];
  }

  /** No exchange begins any more. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** In reverse order of the file; each release has its deadline. */
  async stop(): Promise<void> {
    for (const instance of this.#instances.toReversed()) await instance.stop();
  }
}
