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

const PROBES = ['a', '0', ' ', '-', '/', '.', 'ab', 'a0', 'a-', 'a.'];
const PROBE_CHARS = 4_096;
const PROBE_MS = 50;

/** C07: patterns are anchored and take no longer than linear time on repetitions that defeat backtracking engines. */
export function checkPatterns(plugin: Plugin, { config }: ConformanceFixture): Problems {
  return stringParams(plugin, config).flatMap(({ where, schema }) => {
    const source: unknown = schema['x-param']?.source ?? schema['pattern'];
    if (typeof source !== 'string') return [];
    if (!source.startsWith('^') || !source.endsWith('$')) return [`the pattern of ${where} is not anchored`];
    const pattern = new RegExp(source, 'u');
    const length = Math.min(PROBE_CHARS, schema['x-param']?.maxChars ?? Number(schema['maxLength'] ?? PROBE_CHARS));
    const slow = PROBES.some((unit) =>
      takesLongerThan(PROBE_MS, () => pattern.test(`${unit.repeat(Math.ceil(length / unit.length)).slice(0, length - 1)}\u0001`)),
    );
    return slow
      ? [`the pattern of ${where} is not linear: a value of ${length} characters takes it more than ${PROBE_MS} ms`]
      : [];
  });
}

function takesLongerThan(ms: number, work: () => void): boolean {
  const begun = performance.now();
  work();
  return performance.now() - begun > ms;
}

function stringParams(plugin: Plugin, config: object): { readonly where: string; readonly schema: TSchema }[] {
  return contribute(plugin, config).commands.flatMap((command) =>
    Object.entries(command.params.properties)
      .filter(([, schema]) => schema['type'] === 'string')
      .map(([name, schema]) => ({ where: `parameter "${name}" of command "${command.id}"`, schema })),
  );
}
