import { Errors } from '@sinclair/typebox/errors';
import { Check, Clone, Decode, Default } from '@sinclair/typebox/value';
import { ConfigInvalid } from './config-problem.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { TSchema } from './schema.ts';

type Node = Record<PropertyKey, unknown>;

const each = (map: unknown): Node =>
  Object.fromEntries(Object.entries(map as Node).map(([key, child]) => [key, closed(child as TSchema)]));

/** A copy in which every object and record refuses keys it does not name, unless it says otherwise. */
export function closed(schema: TSchema): TSchema {
  const symbols = Object.getOwnPropertySymbols(schema).map((symbol) => [symbol, (schema as unknown as Node)[symbol]] as const);
  const node: Node = { ...schema, ...Object.fromEntries(symbols) };
  if (node['type'] === 'object') node['additionalProperties'] ??= false;
  for (const key of ['properties', 'patternProperties']) if (node[key] !== undefined) node[key] = each(node[key]);
  if (node['items'] !== undefined && !Array.isArray(node['items'])) node['items'] = closed(node['items'] as TSchema);
  if (Array.isArray(node['anyOf'])) node['anyOf'] = node['anyOf'].map((branch: TSchema) => closed(branch));
  if (Array.isArray(node['allOf'])) node['unevaluatedProperties'] ??= false; // closing the parts would make them contradict
  return node as unknown as TSchema;
}

/**
 * Defaults applied, checked, decoded; no cleaning and no coercion, because both hide an operator's typo.
 * Throws `E_CONFIG_INVALID` with every problem.
 */
export function parseConfig(schema: TSchema, value: unknown): unknown {
  const strict = closed(schema);
  const filled = Default(strict, Clone(value ?? {}));
  if (!Check(strict, filled)) throw ConfigInvalid({ problems: problemsOf(strict, filled) });
  return Decode(strict, filled);
}

function problemsOf(schema: TSchema, value: unknown): ConfigProblem[] {
  const seen = new Set<string>();
  const problems: ConfigProblem[] = [];
  for (const error of Errors(schema, value)) {
    if (seen.has(error.path)) continue;
    seen.add(error.path);
    const path = error.path
      .split('/')
      .slice(1)
      .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
    problems.push({ path, problem: describe(error.value), expected: inWords(error.message) });
    if (problems.length >= 50) break;
  }
  return problems;
}

/** TypeBox names types; operators write TOML. */
function inWords(message: string): string {
  const expected = message.replace(/^Expected /u, '');
  return WORDS[expected] ?? expected;
}

const WORDS: Readonly<Record<string, string>> = {
  object: 'a table',
  array: 'a list',
  string: 'a string',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  'required property': 'a value',
  'Unexpected property': 'no such key',
};

function describe(value: unknown): string {
  if (value === undefined) return 'is missing';
  const text = JSON.stringify(value);
  return `is ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`;
}
