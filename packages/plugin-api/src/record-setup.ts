import type { CollectorDefinition } from './collector.ts';
import type { CollectorHandle } from './collector.ts';
import { CommandInvalid, commandDefinition } from './command.ts';
import type { Command, CommandDefinition } from './command.ts';
import type { Omission, PluginContext } from './context.ts';
import type { EventType } from './event.ts';
import type { Exec } from './exec.ts';
import type { CommandGate } from './gate.ts';
import type { Probe } from './health.ts';
import type { Http } from './http.ts';
import type { Investigation } from './investigation.ts';
import type { Logger } from './logger.ts';
import type { LogCatalogue, LogEnricher, LogParser, LogSource } from './logs.ts';
import { PluginLateRegistration, PluginSetup } from './plugin-errors.ts';
import type { AnyPluginDefinition } from './plugin.ts';
import type { TSchema } from './schema.ts';
import type { Store } from './storage.ts';
import type { Wizard } from './wizard.ts';

/** Everything that one setup declared, in its order. */
export interface Contributions {
  readonly commands: readonly CommandDefinition[];
  readonly omissions: readonly Omission[];
  readonly gates: readonly CommandGate[];
  readonly collectors: readonly CollectorDefinition[];
  readonly sources: readonly LogSource[];
  readonly parsers: readonly LogParser[];
  readonly enrichers: readonly LogEnricher[];
  readonly listeners: readonly {
    readonly event: EventType<TSchema>;
    readonly listener: (payload: unknown) => void | Promise<void>;
  }[];
  readonly probes: readonly Probe[];
  readonly investigations: readonly Investigation[];
  readonly wizards: readonly Wizard[];
  /** By name. */
  readonly stores: ReadonlyMap<string, TSchema>;
  readonly starts: readonly ((signal: AbortSignal) => Promise<void>)[];
}

/** The members of `ctx` that act: what a setup is recorded with decides what they do. */
export interface LiveMembers {
  readonly exec: Exec;
  readonly http: Http;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly collector: (definition: CollectorDefinition) => CollectorHandle<unknown>;
  readonly store: (name: string, schema: TSchema) => Store<unknown>;
  readonly logCatalogue: () => Promise<LogCatalogue>;
  readonly emit: (event: EventType<TSchema>, payload: unknown) => void;
  readonly ok: () => void;
  readonly degraded: (reason: string) => void;
  readonly defer: (release: () => Promise<void>) => void;
}

/**
 * Runs a plugin's setup and keeps what it declares; the config is parsed already. Throws what setup throws, `E_PLUGIN_SETUP` when it
 * returns something, `E_PLUGIN_COMMAND_INVALID` for what is no command. A registration after that throws
 * `E_PLUGIN_LATE_REGISTRATION`.
 */
export function recordSetup(definition: AnyPluginDefinition, config: unknown, live: LiveMembers): Contributions {
  const { contributions, thrown } = tryRecordSetup(definition, config, live);
  if (thrown !== undefined) throw thrown.error;
  return contributions;
}

/** The same, with what was declared before setup threw. */
export function tryRecordSetup(
  definition: AnyPluginDefinition,
  config: unknown,
  live: LiveMembers,
): { readonly contributions: Contributions; readonly thrown?: { readonly error: unknown } } {
  const recorder = createRecorder(definition.name);
  const { contributions, declare } = recorder;
  const { exec, http, logger, signal } = live;
  const ctx: PluginContext<unknown> = {
    config,
    exec,
    http,
    logger,
    signal,
    commands: {
      register: (...commands) =>
        commands.forEach((command) => declare('commands', definitionIn(command), `command "${command.id}"`)),
      gate: (gate) => declare('gates', gate, 'a gate'),
      leaveOut: (omission) => declare('omissions', omission, `the omission of "${omission.command}"`),
    },
    collectors: {
      register: (collector) => {
        const inner = collector.spec as unknown as CollectorDefinition;
        declare('collectors', inner, `collector "${collector.id}"`);
        return live.collector(inner);
      },
    },
    wizard: { register: (wizard) => declare('wizards', wizard, 'a wizard') },
    logs: {
      source: (source) => declare('sources', source, `log source "${source.id}"`),
      parser: (parser) => declare('parsers', parser, `log parser "${parser.id}"`),
      enricher: (enricher) => declare('enrichers', enricher, `the enricher of "${enricher.parser}"`),
      catalogue: live.logCatalogue,
    },
    events: {
      emit: live.emit,
      on: (event, listener) => declare('listeners', { event, listener }, `a listener of "${event.id}"`),
    },
    health: {
      ok: live.ok,
      degraded: live.degraded,
      probe: (probe) => declare('probes', probe, `probe "${probe.id}"`),
      investigation: (investigation) => declare('investigations', investigation, `investigation "${investigation.id}"`),
    },
    storage: {
      open: (name, schema) => {
        recorder.assertOpen(`store "${name}"`);
        contributions.stores.set(name, schema);
        return live.store(name, schema);
      },
    },
    lifecycle: {
      onStart: (start) => declare('starts', start, 'onStart'),
      defer: (release) => live.defer(() => releaseOf(release)),
    },
  };
  for (const member of Object.values(ctx)) if (Object.getPrototypeOf(member ?? null) === Object.prototype) Object.freeze(member);
  try {
    const returned: unknown = definition.setup(Object.freeze(ctx));
    if (returned !== undefined)
      throw PluginSetup({
        plugin: definition.name,
        problem: 'returned something; it must be synchronous and return nothing',
      });
    return { contributions };
  } catch (error) {
    return { contributions, thrown: { error } };
  } finally {
    recorder.close();
  }
}

function createRecorder(plugin: string) {
  let isOpen = true;
  const contributions = {
    commands: [],
    omissions: [],
    gates: [],
    collectors: [],
    sources: [],
    parsers: [],
    enrichers: [],
    listeners: [],
    probes: [],
    investigations: [],
    wizards: [],
    stores: new Map<string, TSchema>(),
    starts: [],
  } satisfies Contributions;
  const assertOpen = (contribution: string): void => {
    if (!isOpen) throw PluginLateRegistration({ plugin, contribution });
  };
  type Lists = Omit<Contributions, 'stores'>;
  const declare = <K extends keyof Lists>(list: K, item: Lists[K][number], contribution: string): void => {
    assertOpen(contribution);
    (contributions[list] as Lists[K][number][]).push(item);
  };
  const close = (): void => {
    isOpen = false;
  };
  return { contributions, assertOpen, declare, close };
}

function definitionIn(command: Command): CommandDefinition {
  const definition = commandDefinition(command);
  if (definition === undefined)
    throw CommandInvalid({ id: command.id, problem: 'it was not made by subprocess(), handler() or job()' });
  return definition;
}

async function releaseOf(release: AsyncDisposable | Disposable | (() => void | Promise<void>)): Promise<void> {
  if (typeof release === 'function') await release();
  else if (Symbol.asyncDispose in release) await release[Symbol.asyncDispose]();
  else release[Symbol.dispose]();
}
