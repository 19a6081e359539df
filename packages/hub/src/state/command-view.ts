import { specDigest } from '@stormpulse/protocol';
import type { CommandManifestEntry, DeclaredPlugin, PluginCommand } from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import type { Manifest } from '../storage/agent-store.ts';

/** How a form asks for a command, as its plugin declares it. */
export type CommandForm = Pick<PluginCommand, 'title' | 'effect' | 'confirm' | 'params'> & { readonly plugin: string };

/** A command as the API gives it. `form` is null where only v1's entry is known: a v1 agent, or a plugin that told nothing. */
export interface CommandView extends CommandManifestEntry {
  readonly name: string;
  readonly form: CommandForm | null;
}

/** Every command that `register` named, with the form that was told for exactly this entry of it. */
export function commandViews(manifest: Manifest, declared: readonly DeclaredPlugin[]): CommandView[] {
  const told = new Map(declared.flatMap((plugin) => plugin.commands.map((command) => [command.name, { plugin, command }])));
  return Object.entries(manifest).map(([name, entry]) => {
    const found = told.get(name);
    return { name, ...entry, form: found === undefined ? null : formOf(found.plugin.name, found.command, entry) };
  });
}

/** What was told before the newest `register`, or does not fit it, is no form of it. */
function formOf(plugin: string, command: PluginCommand, entry: CommandManifestEntry): CommandForm | null {
  if (command.spec !== specDigest(nodeCrypto, entry)) return null;
  const names = Object.keys(entry.params);
  if (names.length !== Object.keys(command.params).length || !names.every((name) => Object.hasOwn(command.params, name)))
    return null;
  const { title, effect, confirm, params } = command;
  return { plugin, title, effect, confirm, params };
}
