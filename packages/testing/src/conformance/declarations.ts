import { effectWithin, isAgentError } from '@stormpulse/plugin-api';
import type { Plugin, TSchema } from '@stormpulse/plugin-api';
import { contribute } from './contributions.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';

/** C03: setup is synchronous, returns nothing, and uses nothing that waits. */
export function checkSetup(plugin: Plugin, { config }: ConformanceFixture): Problems {
  try {
    return contribute(plugin, config).waited.map((member) => `setup used ${member}; move it to lifecycle.onStart`);
  } catch (error) {
    if (isAgentError(error) && error.code === 'E_PLUGIN_SETUP') return [error.message];
    throw error;
  }
}

/** C04: same config, same contributions, byte for byte. */
export function checkDeterminism(plugin: Plugin, { config }: ConformanceFixture): Problems {
  const print = (): string => {
    const { waited: _, ...declared } = contribute(plugin, config);
    return JSON.stringify(declared);
  };
  return print() === print() ? [] : ['two setups with the same config declared different things'];
}

/** C05: no command is stronger than `capabilities.commands`; every binary used is declared. */
export function checkCapabilities(plugin: Plugin, { config }: ConformanceFixture): Problems {
  const { commands, capabilities } = contribute(plugin, config);
  return commands.flatMap((command) => {
    const { mode } = command;
    return [
      ...(effectWithin(command.effect, capabilities.commands)
        ? []
        : [`command "${command.id}" is ${command.effect}, the plugin asks for ${capabilities.commands ?? 'nothing'}`]),
      ...(mode.kind !== 'subprocess' || capabilities.exec?.some((file) => file === mode.file) === true
        ? []
        : [`command "${command.id}" runs ${mode.file}, which capabilities().exec does not name`]),
    ];
  });
}

/** C06: every string parameter is bounded: pattern, enum or `maxLength`. */
export function checkBounds(plugin: Plugin, { config }: ConformanceFixture): Problems {
  return stringParams(plugin, config)
    .filter(
      ({ schema }) => schema['x-param'] === undefined && schema['maxLength'] === undefined && schema['pattern'] === undefined,
    )
    .map(({ where }) => `${where} is unbounded; give it a pattern, an enum or maxLength`);
}

const MAX_CHARS = 256;

/** C07: patterns are anchored, and an agent that takes the plugin from elsewhere would try them. */
export async function checkPatterns(plugin: Plugin, { config }: ConformanceFixture): Promise<Problems> {
  const { checkPattern } = await import('@stormpulse/plugin-api/patterns');
  return stringParams(plugin, config).flatMap(({ where, schema }) => {
    const source: unknown = schema['x-param']?.source ?? schema['pattern'];
    if (typeof source !== 'string') return [];
    if (!source.startsWith('^') || !source.endsWith('$')) return [`the pattern of ${where} is not anchored`];
    const found = checkPattern(source, schema['x-param']?.maxChars ?? Number(schema['maxLength'] ?? MAX_CHARS));
    return found === undefined ? [] : [`the pattern of ${where} ${found.problem}; ${found.fix}`];
  });
}

function stringParams(plugin: Plugin, config: object): { readonly where: string; readonly schema: TSchema }[] {
  return contribute(plugin, config).commands.flatMap((command) =>
    Object.entries(command.params.properties)
      .filter(([, schema]) => schema['type'] === 'string')
      .map(([name, schema]) => ({ where: `parameter "${name}" of command "${command.id}"`, schema })),
  );
}
