import { ValueErrorType, Errors } from '@sinclair/typebox/errors';
import type { LeftOut, ProgramCheck } from '@stormpulse/kernel';
import { isAgentError } from '@stormpulse/plugin-api';
import type { ConfigProblem, TSchema } from '@stormpulse/plugin-api';
import { definitionOf, parseConfig, tryRecordSetup } from '@stormpulse/plugin-api/internal';
import type { AnyPluginDefinition, CommandDefinition } from '@stormpulse/plugin-api/internal';
import type { AgentConfig, EnabledPlugin } from './agent-config.ts';
import { narrow } from '../plugins/narrow.ts';
import { loadFirstParty } from './first-party.ts';
import { isRelated, without } from './problem-paths.ts';

/** What the plugins of a file would make of it. */
export interface Rehearsal {
  /** Refuse the file; all of them, where a start would tell those of one kind first. */
  readonly problems: readonly ConfigProblem[];
  /** Keys that a plugin tolerates and does not know. */
  readonly unknownKeys: readonly ConfigProblem[];
  readonly leftOut: readonly LeftOut[];
  /** What plugins would warn of in the log. */
  readonly notes: readonly string[];
  /** Wire names that would be offered; meaningful only without problems. */
  readonly commands: readonly string[];
}

/** A plugin whose config cannot be mended in this many rounds has told enough. */
const MAX_ROUNDS = 100;

/** Sets the plugins up with a context that keeps what they say and does nothing: for a check, never to run. */
export async function rehearse(plugins: AgentConfig['plugins'], programs: ProgramCheck): Promise<Rehearsal> {
  const found = await Promise.all(plugins.map((plugin) => rehearseOne(plugin, programs)));
  return {
    problems: found.flatMap(({ problems }) => problems),
    unknownKeys: found.flatMap(({ unknownKeys }) => unknownKeys),
    leftOut: found.flatMap(({ leftOut }) => leftOut),
    notes: found.flatMap(({ notes }) => notes),
    // The operator's own may have the name of another.
    commands: [...new Set(found.flatMap(({ commands }) => commands))],
  };
}

async function rehearseOne({ name, config, limits, disabled }: EnabledPlugin, programs: ProgramCheck): Promise<Rehearsal> {
  const definition = definitionOf(narrow(await loadFirstParty(name), limits, disabled));
  if (definition === undefined) throw new Error(`the plugin "${name}" of this agent is no plugin`);
  const { problems, parsed } = parseWhatIsRight(definition.configSchema, config);
  const declared = parsed === undefined ? undefined : declare(definition, parsed);
  problems.push(...unrelated(declared?.problems ?? [], problems));
  const unknownKeys = unrelated(keysNobodyReads(definition.configSchema, config), problems);
  const { commands: all = [], omissions = [], gates = [] } = declared?.contributions ?? {};
  // Whether they are offered is the word of its gate, at the start.
  const commands = gates.some(({ admit }) => admit !== undefined) ? [] : all;
  const unfit = commands.flatMap((command) => programProblem(name, command, programs));
  return {
    problems,
    unknownKeys,
    leftOut: [...omissions.map((omission) => ({ plugin: name, ...omission })), ...unfit],
    notes: (declared?.notes ?? []).filter((note) => !unknownKeys.some(({ path }) => note.startsWith(`${path.join('.')}:`))),
    commands: commands
      .map((command) => wireName(name, command))
      .filter((command) => !unfit.some((other) => other.command === command)),
  };
}

/** Wrong types hide what setup would find in the rest of the file: they are taken out, and the rest is parsed again. */
function parseWhatIsRight(schema: TSchema, config: unknown): { readonly problems: ConfigProblem[]; readonly parsed?: unknown } {
  const problems: ConfigProblem[] = [];
  let rest = config;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    try {
      return { problems, parsed: parseConfig(schema, rest) };
    } catch (error) {
      const more = problemsOf(error);
      problems.push(...unrelated(more, problems));
      rest = without(
        rest,
        more.map(({ path }) => path),
      );
    }
  }
  return { problems };
}

function problemsOf(error: unknown): readonly ConfigProblem[] {
  if (isAgentError(error) && error.code === 'E_CONFIG_INVALID') return error.details['problems'] as readonly ConfigProblem[];
  throw error;
}

/** Those that are not told already: at the same key, above it or below it. */
function unrelated(problems: readonly ConfigProblem[], told: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.filter(({ path }) => !told.some((other) => isRelated(path, other.path)));
}

function keysNobodyReads(schema: TSchema, config: unknown): ConfigProblem[] {
  return [...Errors(withoutTolerance(schema), config)]
    .filter(({ type }) => type === ValueErrorType.ObjectAdditionalProperties)
    .map(({ path, schema: { properties } }) => ({
      path: path
        .split('/')
        .slice(1)
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~')),
      problem: 'is not a key this agent knows',
      expected: `one of ${Object.keys((properties ?? {}) as object).join(', ')}`,
    }));
}

/** A copy that takes no key it does not name. */
function withoutTolerance<T>(schema: T): T {
  if (Array.isArray(schema)) return schema.map(withoutTolerance) as T;
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Reflect.ownKeys(schema).map((key) => [key, withoutTolerance(Reflect.get(schema, key))] as const);
  const copy = Object.fromEntries(entries) as Record<PropertyKey, unknown>;
  if (copy['additionalProperties'] === true) copy['additionalProperties'] = false;
  return copy as T;
}

function wireName(plugin: string, command: CommandDefinition): string {
  return command.wireName ?? `${plugin}_${command.id}`;
}

function programProblem(plugin: string, command: CommandDefinition, programs: ProgramCheck): LeftOut[] {
  const { mode, allow = [] } = command;
  if (mode.kind !== 'subprocess') return [];
  const found = programs.problemWith(mode.file);
  if (found === undefined || allow.includes(found.reason)) return [];
  const { problem, fix } = found;
  const path = ['commands', wireName(plugin, command), 'command'];
  const expected = 'a program that only its owner can change';
  return [{ plugin, command: wireName(plugin, command), problem: { path, problem, expected, fix } }];
}

/** What a plugin's setup says, on no host. */
function declare(definition: AnyPluginDefinition, config: unknown) {
  const notes: string[] = [];
  const nothing = (): void => undefined;
  const note = (fields: object | string, text?: string): void =>
    void notes.push(typeof fields === 'string' ? fields : (text ?? ''));
  const nowhere = (): Promise<never> => Promise.reject(new Error('a check touches nothing'));
  const { contributions, thrown } = tryRecordSetup(definition, config, {
    logger: { debug: nothing, info: nothing, warn: note, error: note },
    signal: AbortSignal.abort(),
    exec: nowhere,
    http: { client: () => ({ json: nowhere, text: nowhere, stream: nowhere }) },
    collector: () => ({ current: undefined, refresh: nowhere, changed: () => undefined }),
    store: () => ({ get: nowhere, set: nowhere, delete: nowhere, entries: nowhere as never }),
    logCatalogue: nowhere,
    emit: nothing,
    ok: nothing,
    degraded: nothing,
    defer: nothing,
  });
  return { contributions, notes, problems: thrown === undefined ? [] : problemsOf(thrown.error) };
}
