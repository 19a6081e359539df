import type { CommandDefinition } from './command.ts';
import { PluginContribution } from './plugin-errors.ts';

/** The agent's own ids, and JavaScript's: no plugin can take one. */
const RESERVED = /^(?:refresh|agent_.*|__proto__|constructor|prototype)$/u;
/** The hatch of the host, whether it is there or not: only who ships with the agent, or the operator, can mean it. */
const HATCH = /^run_(?:verify|apply)_block$/u;
/** SEC-053: what a name may not contain, because the signed text joins names by commas and lines. */
const UNSAFE = /[\s,=\p{Cc}\u2028\u2029]/u;
/** Of a plugin of others: what nobody can mistake for another, and what joined to a plugin's name is no other plugin's. */
const LOCAL_ID = /^[a-z][a-z0-9_]{0,63}$/u;

/** Whose command is named. */
export interface CommandOwner {
  readonly plugin: string;
  readonly firstParty: boolean;
  /** The command is one that the agent makes for the plugin. */
  readonly isAgents: boolean;
}

/** A command's name on the wire (SEC-205). Throws `E_PLUGIN_CONTRIBUTION`. */
export function wireNameOf({ id, wireName: written, group }: CommandDefinition, owner: CommandOwner): string {
  const { plugin, firstParty, isAgents } = owner;
  const refuse = (problem: string): never => {
    throw PluginContribution({ plugin, contribution: `command ${JSON.stringify(id.slice(0, 200))}`, problem });
  };
  if (!firstParty && (written !== undefined || group !== undefined)) refuse('wireName and group are for first-party plugins');
  if (!firstParty && !LOCAL_ID.test(id)) refuse('an id is 1 to 64 lower-case letters, digits and _, a letter first');
  const name = written ?? `${plugin}_${id}`;
  if (name === '' || name.length > 128 || UNSAFE.test(name))
    refuse(`"${name}" is no wire name: 1 to 128 characters without comma, equals sign, white space or control characters`);
  if (RESERVED.test(name) || (id === 'refresh' && !isAgents)) refuse(`the name "${name}" is the agent's own`);
  if (!firstParty && HATCH.test(name)) refuse(`the name "${name}" is that of the hatch of this host`);
  return name;
}
