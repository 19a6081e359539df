import type { Capabilities, Collector, Command, Omission, Plugin, PluginContext, TSchema } from '@stormpulse/plugin-api';
import { commandDefinition, definitionOf, parseConfig } from '@stormpulse/plugin-api/internal';
import type { AnyPluginDefinition, CommandDefinition } from '@stormpulse/plugin-api/internal';

/** What one setup declared, without a host. */
export interface Contributions {
  readonly capabilities: Capabilities;
  readonly commands: readonly CommandDefinition[];
  readonly collectors: readonly Collector<TSchema>[];
  readonly omissions: readonly Omission[];
  /** Members of `ctx` that setup used although they wait. */
  readonly waited: readonly string[];
  readonly returned: unknown;
}

/** The definition of a plugin, or a sentence that says it is none. */
export function definitionOrThrow(plugin: Plugin): AnyPluginDefinition {
  const definition = definitionOf(plugin);
  if (definition === undefined) throw new Error('this is not the result of definePlugin()');
  return definition;
}

/** Runs setup against a context that only records. */
export function contribute(plugin: Plugin, config: object): Contributions {
  const definition = definitionOrThrow(plugin);
  const parsed = parseConfig(definition.configSchema, config);
  const commands: CommandDefinition[] = [];
  const collectors: Collector<TSchema>[] = [];
  const omissions: Omission[] = [];
  const waited: string[] = [];
  const silent = (): void => undefined;
  const ctx: PluginContext<unknown> = {
    config: parsed,
    commands: {
      register: (...list: readonly Command[]) => {
        for (const command of list) {
          const inner = commandDefinition(command);
          if (inner === undefined) throw new Error(`command "${command.id}" was not made by subprocess() or handler()`);
          commands.push(inner);
        }
      },
      leaveOut: (omission) => {
        omissions.push(omission);
      },
    },
    collectors: {
      register: (collector) => {
        collectors.push(collector as unknown as Collector<TSchema>);
        const refresh = (): Promise<never> => {
          waited.push(`collectors.${collector.id}.refresh`);
          return Promise.reject(new Error('nothing may be refreshed during setup'));
        };
        return { current: undefined, refresh };
      },
    },
    health: { ok: silent, degraded: silent },
    exec: (file) => {
      waited.push(`exec ${file}`);
      return Promise.reject(new Error('nothing may be run during setup'));
    },
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    signal: new AbortController().signal,
    lifecycle: { onStart: silent, defer: silent },
  };
  const returned = definition.setup(ctx);
  return { capabilities: definition.capabilities(parsed), commands, collectors, omissions, waited, returned };
}
