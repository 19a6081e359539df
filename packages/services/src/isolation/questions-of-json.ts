import type { TObject, TSchema } from '@stormpulse/plugin-api';
import { checkPattern } from '@stormpulse/plugin-api/patterns';
import { schemaOfJson } from './schema-of-json.ts';

type Node = Readonly<Record<string, unknown>>;

const MAX_QUESTIONS = 50;
const MAX_CHARS = 500;
/** What a person types. */
const MAX_ANSWER_CHARS = 4_096;

/**
 * What a wizard asks, as JSON from another process: its shape, and what a person is shown: titles, help, defaults, what is secret. A pattern that
 * could keep a terminal busy is none (SEC-114). Throws for what are no questions.
 */
export function questionsOfJson(json: unknown): TObject {
  const shape = schemaOfJson(json) as TObject;
  const given = asNode(asNode(json)['properties']);
  const keys = Object.keys(shape.properties ?? {});
  if (keys.length > MAX_QUESTIONS)
    throw new Error(`its wizard asks ${keys.length} questions, at most ${MAX_QUESTIONS} are asked`);
  const properties = keys.map((key) => [key, asked(key, shape.properties[key] as TSchema, asNode(given[key]))] as const);
  return { ...shape, properties: Object.fromEntries(properties) };
}

function asked(key: string, shape: TSchema, node: Node): TSchema {
  const { type, default: fallback, items, pattern } = node;
  const help = asNode(node['x-ui'])['help'];
  const order = asNode(node['x-ui'])['order'];
  const found: Record<string, unknown> = {
    ...shape,
    ...(typeof type === 'string' ? { type } : {}),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...texts(node, ['title', 'description']),
    ...(node['x-secret'] === true ? { 'x-secret': true } : {}),
    'x-ui': {
      ...(typeof help === 'string' ? { help: help.slice(0, MAX_CHARS) } : {}),
      ...(typeof order === 'number' ? { order } : {}),
    },
    ...(typeof pattern === 'string' ? { pattern: harmless(key, pattern) } : {}),
    ...(type === 'array'
      ? { items: { ...(shape as { readonly items?: TSchema }).items, ...texts(asNode(items), ['type']) } }
      : {}),
  };
  return found as unknown as TSchema;
}

function harmless(key: string, pattern: string): string {
  const problem = checkPattern(pattern, MAX_ANSWER_CHARS);
  if (problem === undefined) return pattern;
  throw new Error(`its wizard asks for "${key.slice(0, 64)}" with a pattern that ${problem.problem}; its author: ${problem.fix}`);
}

function texts(node: Node, names: readonly string[]): Node {
  return Object.fromEntries(
    names.flatMap((name) => (typeof node[name] === 'string' ? [[name, node[name].slice(0, MAX_CHARS)]] : [])),
  );
}

function asNode(value: unknown): Node {
  return typeof value === 'object' && value !== null ? (value as Node) : {};
}
