import { isDeepStrictEqual } from 'node:util';
import { PARAM_KINDS, definePlugin, policyOf } from '@stormpulse/plugin-api';
import type { Command, PluginContext, TSchema } from '@stormpulse/plugin-api';
import type { checkPattern } from '@stormpulse/plugin-api/patterns';
import { PluginContribution, commandDefinition, definitionOf } from '@stormpulse/plugin-api/internal';

/** Looking at one takes up to a third of a second of the agent's time. */
const MAX_PATTERNS = 60;
const MAX_CHARS = 65_536;

interface Pattern {
  readonly param: string;
  readonly pattern: string;
  readonly maxChars: number;
}

/** What speaks against the parameters of a command; nothing is matched with a pattern of theirs before. */
export type PatternCheck = (params: TSchema) => string | undefined;

/** For the commands of one plugin of others. What reads patterns is loaded when there is one. */
export async function patternCheck(commands: readonly { readonly params: TSchema }[]): Promise<PatternCheck> {
  const isNeeded = commands.some(({ params }) => stringsOf(params).some(([, schema]) => schema['pattern'] !== undefined));
  return isNeeded ? await readingCheck() : checkWith(() => undefined);
}

async function readingCheck(): Promise<PatternCheck> {
  return checkWith((await import('@stormpulse/plugin-api/patterns')).checkPattern);
}

/**
 * None of its patterns can keep the agent busy (SEC-113, SEC-114), and each parameter has its bound and its guards (SEC-110, SEC-111).
 */
function checkWith(check: typeof checkPattern): PatternCheck {
  const seen = new Set<string>();
  const problemWith = ({ param, pattern, maxChars }: Pattern): string | undefined => {
    const key = `${maxChars} ${pattern}`;
    if (seen.has(key)) return undefined;
    seen.add(key);
    if (seen.size > MAX_PATTERNS)
      return `it is one of more than ${MAX_PATTERNS} different patterns; use param(kind) where one fits`;
    const found = check(pattern, maxChars);
    return found === undefined
      ? undefined
      : `parameter "${param}": the pattern ${JSON.stringify(pattern.slice(0, 600))} ${found.problem}; ${found.fix}`;
  };
  return (params) => {
    for (const [param, schema] of stringsOf(params)) {
      const problem = boundProblem(schema) ?? ownPolicyProblem(schema);
      if (problem !== undefined) return `parameter "${param}": ${problem}`;
      const pattern: unknown = schema['pattern'];
      const slow = typeof pattern === 'string' ? problemWith({ param, pattern, maxChars: policyOf(schema).maxChars }) : undefined;
      if (slow !== undefined) return slow;
    }
    return undefined;
  };
}

function stringsOf(params: TSchema): readonly (readonly [string, TSchema])[] {
  const { properties = {} } = params as { readonly properties?: Readonly<Record<string, TSchema>> };
  return Object.entries(properties).filter(([, schema]) => schema['type'] === 'string');
}

function boundProblem(schema: TSchema): string | undefined {
  const maxLength: unknown = schema['maxLength'] ?? 0;
  if (typeof maxLength === 'number' && maxLength <= MAX_CHARS) return undefined;
  return `its maxLength bounds nothing; write at most ${MAX_CHARS}`;
}

/** Another policy could leave out the guards that every parameter has. */
function ownPolicyProblem(schema: TSchema): string | undefined {
  const own: unknown = schema['x-param'];
  if (own === undefined) return undefined;
  const { allowEmpty: _, ...policy } = Object(own) as Record<string, unknown>;
  if (Object.values(PARAM_KINDS).some((kind) => isDeepStrictEqual(policy, kind))) return undefined;
  return 'it has a policy of its own, which first-party plugins alone can have; write param(kind), or a pattern';
}

/** A plugin of others in the agent itself, its commands looked at as it declares them. What is no plugin stays what it is. */
export async function withCheckedPatterns(plugin: unknown): Promise<unknown> {
  const definition = definitionOf(plugin);
  if (definition === undefined) return plugin;
  const problemIn = await readingCheck();
  return definePlugin({
    ...(definition as Parameters<typeof definePlugin>[0]),
    setup: (ctx) => definition.setup(withCheckedCommands(ctx, definition.name, problemIn)) as undefined,
  });
}

function withCheckedCommands(ctx: PluginContext<unknown>, plugin: string, problemIn: PatternCheck): PluginContext<unknown> {
  const { commands } = ctx;
  const register = (...given: readonly Command[]): void => {
    for (const command of given) {
      const declared = commandDefinition(command);
      const problem = declared === undefined ? undefined : problemIn(declared.params);
      if (declared !== undefined && problem !== undefined)
        throw PluginContribution({ plugin, contribution: `command "${declared.id}"`, problem });
    }
    commands.register(...given);
  };
  return Object.freeze({ ...ctx, commands: Object.freeze({ ...commands, register }) });
}
