import type { CommandDefinition, Confirm } from './command.ts';
import { printArgv } from './fill-argv.ts';
import { shownParam } from './params/shown-param.ts';
import { periodMs } from './period.ts';

/** A command as v1 hubs read it (wire page, 8.9); its template is not shortened yet. */
export function manifestEntry(wireName: string, group: string, definition: CommandDefinition) {
  const { mode } = definition;
  return {
    group,
    description: definition.description ?? definition.title,
    template: mode.kind === 'subprocess' ? [mode.file, ...printArgv(mode.argv)] : [wireName],
    timeout: Math.ceil(periodMs(definition.timeout) / 1_000),
    requires_confirmation: confirmOf(definition) !== 'none',
    long_running: mode.kind === 'job',
    params: Object.fromEntries(Object.entries(definition.params.properties).map(([name, schema]) => [name, shownParam(schema)])),
  };
}

/** What a person does before the command runs. */
export function confirmOf({ confirm, effect }: CommandDefinition): Confirm {
  return confirm ?? DEFAULT_CONFIRM[effect];
}

const DEFAULT_CONFIRM = { read: 'none', write: 'click', destructive: 'phrase' } as const;
