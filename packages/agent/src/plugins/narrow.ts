import { definePlugin, effectWithin } from '@stormpulse/plugin-api';
import type { AbsolutePath, Capabilities, Command, ConfigProblem, PluginContext } from '@stormpulse/plugin-api';
import { commandDefinition, definitionOf } from '@stormpulse/plugin-api/internal';
import type { CommandDefinition } from '@stormpulse/plugin-api/internal';
import type { WrittenGrants } from '../config/plugin-tables.ts';

/**
 * A plugin held to what the operator wrote (D3): a word that is written bounds it, one that is not leaves it as it is. Commands
 * beyond that are left out with the reason, those in `disabled` (by wire name) without a word, as v1 does; everything else goes on and
 * is refused when it is tried. A gate stays: it only ever refuses. What is no plugin stays so.
 */
export function narrow(plugin: unknown, limits: WrittenGrants = {}, disabled: readonly string[] = []): unknown {
  const definition = definitionOf(plugin);
  if (definition === undefined || (Object.keys(limits).length === 0 && disabled.length === 0)) return plugin;
  return definePlugin({
    ...(definition as Parameters<typeof definePlugin>[0]),
    capabilities: (config) => narrowed(definition.capabilities(config), limits),
    setup: (ctx) => definition.setup(withFewerCommands(ctx, definition.name, limits, disabled)) as undefined,
  });
}

/** What is left of what was asked for. */
export function narrowed(asked: Capabilities, limits: WrittenGrants): Capabilities {
  const { commands, gate, consumeLogs, exec, http, read, write } = asked;
  const within = <T extends string>(list: readonly T[] | undefined, limit: readonly string[] | undefined): readonly T[] =>
    (list ?? []).filter((wanted) => limit === undefined || limit.includes(wanted));
  const effect = commands !== undefined && limits.commands !== undefined ? weaker(commands, limits.commands) : commands;
  return {
    exec: within(exec, limits.exec),
    http: within(http, limits.http),
    read: within(read, limits.read),
    write: within(write, limits.write),
    ...(effect === undefined ? {} : { commands: effect }),
    ...(gate === true ? { gate } : {}),
    ...(consumeLogs === true && limits.consumeLogs !== false ? { consumeLogs } : {}),
  };
}

function weaker(asked: NonNullable<Capabilities['commands']>, limit: NonNullable<WrittenGrants['commands']>) {
  if (limit === 'none') return undefined;
  return effectWithin(asked, limit) ? asked : limit;
}

function withFewerCommands(
  ctx: PluginContext<unknown>,
  plugin: string,
  limits: WrittenGrants,
  disabled: readonly string[],
): PluginContext<unknown> {
  const { commands } = ctx;
  const register = (command: Command): void => {
    const definition = commandDefinition(command);
    const name = definition?.wireName ?? `${plugin}_${command.id}`;
    if (disabled.includes(name)) return;
    const problem = definition === undefined ? undefined : beyond(definition, plugin, limits);
    if (problem === undefined) commands.register(command);
    else commands.leaveOut({ command: name, problem });
  };
  return Object.freeze({
    ...ctx,
    commands: Object.freeze({
      ...commands,
      register: (...all: readonly Command[]) => {
        for (const command of all) register(command);
      },
      gate: (gate: Parameters<typeof commands.gate>[0]) => {
        if (limits.gate === false)
          ctx.logger.warn('gate = false is without effect: a gate of the agent itself only ever refuses');
        commands.gate(gate);
      },
    }),
  });
}

function beyond({ effect, mode }: CommandDefinition, plugin: string, limits: WrittenGrants): ConfigProblem | undefined {
  const path = (word: string): string[] => ['plugins', plugin, 'grants', word];
  if (limits.commands !== undefined && (limits.commands === 'none' || !effectWithin(effect, limits.commands)))
    return {
      path: path('commands'),
      problem: `is "${limits.commands}", and the effect of this command is "${effect}"`,
      expected: `"${effect}" or stronger`,
      fix: 'write that where you agree',
    };
  const file: AbsolutePath | undefined = mode.kind === 'subprocess' ? mode.file : undefined;
  if (file !== undefined && limits.exec?.includes(file) === false)
    return {
      path: path('exec'),
      problem: `does not hold ${file}, which this command runs`,
      expected: `"${file}" in the list`,
      fix: 'add it where you agree',
    };
  return undefined;
}
