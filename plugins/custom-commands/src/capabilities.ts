import type { AbsolutePath, Capabilities, Effect } from '@stormpulse/sdk';
import type { CustomCommandsConfig } from './config.ts';

const BY_STRENGTH: readonly Effect[] = ['destructive', 'write', 'read'];

/** Exactly the programs that are written down, and the strongest effect among them. Tolerates what setup will refuse. */
export function capabilitiesOf(config: CustomCommandsConfig): Capabilities {
  const disabled = new Set(config.disabled_commands);
  const tables = Object.entries(config.commands).flatMap(([name, table]) => (disabled.has(name) ? [] : [table]));
  const programs = tables.flatMap(({ command }) => (isAbsolute(command?.[0]) ? [command[0]] : []));
  const strongest = BY_STRENGTH.find((effect) => tables.some((table) => (table.effect ?? 'write') === effect));
  return { exec: [...new Set(programs)], ...(strongest === undefined ? {} : { commands: strongest }) };
}

function isAbsolute(path: string | undefined): path is AbsolutePath {
  return path?.startsWith('/') === true;
}
