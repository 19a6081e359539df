import type { Exec } from '@stormpulse/plugin-api';
import { PluginContribution, manifestEntry } from '@stormpulse/plugin-api/internal';
import type { CommandDefinition } from '@stormpulse/plugin-api/internal';
import { compareCodePoints, displayTemplate } from '@stormpulse/protocol';
import type { CommandManifestEntry } from '@stormpulse/protocol';

/** One command as the dispatcher finds it. */
export interface RegisteredCommand {
  readonly wireName: string;
  readonly plugin: string;
  readonly group: string;
  readonly definition: CommandDefinition;
  readonly manifest: CommandManifestEntry;
  /** What its function may run: what its plugin was granted. */
  readonly exec: Exec;
}

/** Every command this agent offers; immutable once built. */
export interface CommandTable {
  get(wireName: string): RegisteredCommand | undefined;
  readonly names: readonly string[];
  /** By wire name in code-point order, as `register` carries it. */
  readonly manifest: Readonly<Record<string, CommandManifestEntry>>;
}

/** The kernel's own ids, and JavaScript's: no plugin can take one. */
const RESERVED = /^(?:refresh|agent_.*|__proto__|constructor|prototype)$/u;
/** SEC-053: what a name may not contain, because the signed text joins names by commas and lines. */
const UNSAFE = /[\s,=\p{Cc}\u2028\u2029]/u;

/** Names one plugin's command on the wire. Throws `E_PLUGIN_CONTRIBUTION`. */
export function nameCommand(
  plugin: string,
  firstParty: boolean,
  definition: CommandDefinition,
  exec: Exec,
  isOwn = false,
): RegisteredCommand {
  const refuse = (problem: string): never => {
    throw PluginContribution({ plugin, contribution: `command "${definition.id}"`, problem });
  };
  if (!firstParty && (definition.wireName !== undefined || definition.group !== undefined)) {
    refuse('wireName and group are for first-party plugins');
  }
  const wireName = definition.wireName ?? `${plugin}_${definition.id}`;
  if (wireName === '' || wireName.length > 128 || UNSAFE.test(wireName)) {
    refuse(`"${wireName}" is no wire name: 1 to 128 characters without comma, equals sign, white space or control characters`);
  }
  if (RESERVED.test(wireName) || (definition.id === 'refresh' && !isOwn)) refuse(`the name "${wireName}" is the agent's own`);
  const group = definition.group ?? plugin;
  const shown = manifestEntry(wireName, group, definition);
  return { wireName, plugin, group, definition, exec, manifest: { ...shown, template: displayTemplate(shown.template) } };
}

/** Builds the table. A name of a first-party plugin may be overridden by the operator's own command (F19). */
export function buildTable(commands: readonly RegisteredCommand[], overriding: string): CommandTable {
  const table = new Map<string, RegisteredCommand>();
  for (const command of commands) {
    const taken = table.get(command.wireName);
    if (taken !== undefined && taken.plugin !== overriding && command.plugin !== overriding) {
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
  return Object.freeze({ get: (name: string) => table.get(name), names: Object.freeze(names), manifest });
}
