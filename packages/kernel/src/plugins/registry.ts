import type { Exec, GatedCommand } from '@stormpulse/plugin-api';
import { PluginContribution, manifestEntry, wireNameOf } from '@stormpulse/plugin-api/internal';
import type { CommandDefinition, CommandOwner } from '@stormpulse/plugin-api/internal';
import { compareCodePoints, displayTemplate } from '@stormpulse/protocol';
import type { CommandManifestEntry } from '@stormpulse/protocol';

/** One command as the dispatcher finds it. */
export interface RegisteredCommand {
  readonly wireName: string;
  readonly plugin: string;
  readonly firstParty: boolean;
  readonly group: string;
  readonly definition: CommandDefinition;
  /** What gates are told of it. */
  readonly gated: GatedCommand;
  readonly manifest: CommandManifestEntry;
  /** What its function may run: what its plugin was granted. */
  readonly exec: Exec;
}

/** Every command this agent offers; immutable once built. */
export interface CommandTable {
  get(wireName: string): RegisteredCommand | undefined;
  /** What a gate kept out of it. */
  withheld(wireName: string): RegisteredCommand | undefined;
  readonly names: readonly string[];
  /** By wire name in code-point order, as `register` carries it. */
  readonly manifest: Readonly<Record<string, CommandManifestEntry>>;
}

/** Names one plugin's command on the wire. Throws `E_PLUGIN_CONTRIBUTION`. */
export function nameCommand(owner: CommandOwner, definition: CommandDefinition, exec: Exec): RegisteredCommand {
  const { plugin, firstParty } = owner;
  const wireName = wireNameOf(definition, owner);
  const group = definition.group ?? plugin;
  const shown = manifestEntry(wireName, group, definition);
  const manifest = { ...shown, template: displayTemplate(shown.template) };
  const gated = { command: wireName, plugin, effect: definition.effect };
  return { wireName, plugin, firstParty, group, definition, gated, exec, manifest };
}

/** Builds the table. A name of a first-party plugin may be overridden by the operator's own command (F19). */
export function buildTable(
  commands: readonly RegisteredCommand[],
  overriding: string,
  denied: readonly RegisteredCommand[] = [],
): CommandTable {
  const table = new Map<string, RegisteredCommand>();
  for (const command of commands) {
    const taken = table.get(command.wireName);
    const replaces =
      [taken, command].some((one) => one?.plugin === overriding) && taken?.firstParty === true && command.firstParty;
    if (taken !== undefined && !replaces) {
      throw PluginContribution({
        plugin: command.plugin,
        contribution: `command "${command.wireName}"`,
        problem: `the name is taken by plugin "${taken.plugin}"`,
      });
    }
    if (taken === undefined || command.plugin === overriding) table.set(command.wireName, command);
  }
  const names = [...table.keys()].sort(compareCodePoints);
  const manifest = Object.freeze(
    Object.fromEntries(names.map((name) => [name, (table.get(name) as RegisteredCommand).manifest])),
  );
  const withheld = denied.length === 0 ? undefined : buildTable(denied, overriding);
  const get = (name: string): RegisteredCommand | undefined => table.get(name);
  return Object.freeze({ get, withheld: (name: string) => withheld?.get(name), names: Object.freeze(names), manifest });
}
