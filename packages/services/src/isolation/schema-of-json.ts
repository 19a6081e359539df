import { Kind, Type } from '@sinclair/typebox';
import type { TSchema } from '@sinclair/typebox';

type Node = Readonly<Record<string, unknown>>;

const MAX_NODES = 5_000;
const MAX_DEPTH = 32;

/**
 * A schema that came as JSON, as a check of shape: types, bounds and keys. Expressions and formats are left out, because those of
 * an untrusted author can keep whoever tries them busy for ever; its own side checks them. Throws for what is no schema.
 */
export function schemaOfJson(json: unknown): TSchema {
  const left = { nodes: MAX_NODES };
  return build(json, left, 0);
}

function build(json: unknown, left: { nodes: number }, depth: number): TSchema {
  left.nodes -= 1;
  if (left.nodes < 0 || depth > MAX_DEPTH) throw new Error('a schema is too large');
  if (json === true || json === undefined) return Type.Unknown();
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('a schema is no object');
  const node = json as Node;
  const inner = (value: unknown): TSchema => build(value, left, depth + 1);
  const each = (value: unknown): TSchema[] => (Array.isArray(value) ? value.map(inner) : []);
  if ('const' in node) return kind('Literal', { const: node['const'] });
  if (Array.isArray(node['anyOf'])) return kind('Union', { anyOf: each(node['anyOf']) });
  if (Array.isArray(node['allOf'])) return kind('Intersect', { allOf: each(node['allOf']) });
  if (Array.isArray(node['enum'])) return kind('Union', { anyOf: node['enum'].map((one) => kind('Literal', { const: one })) });
  const { type } = node;
  if (type === 'object') return objectOf(node, inner);
  if (type === 'array') {
    const bounds = numbers(node, ['minItems', 'maxItems']);
    if (Array.isArray(node['items'])) return kind('Tuple', { ...bounds, items: each(node['items']) });
    // What compares every item with every other is the author's side's work.
    return kind('Array', { ...bounds, items: inner(node['items']) });
  }
  if (type === 'string') return kind('String', numbers(node, ['minLength', 'maxLength']));
  if (type === 'integer' || type === 'number')
    return kind(type === 'integer' ? 'Integer' : 'Number', numbers(node, NUMBER_BOUNDS));
  if (type === 'boolean') return kind('Boolean', {});
  if (type === 'null') return kind('Null', {});
  return 'not' in node ? kind('Never', {}) : Type.Unknown();
}

const NUMBER_BOUNDS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];

function objectOf(node: Node, inner: (value: unknown) => TSchema): TSchema {
  const bounds = numbers(node, ['minProperties', 'maxProperties']);
  const patterns = Object.values(asNode(node['patternProperties']));
  // A record: any key, since its expression is left out.
  if (patterns.length > 0) return kind('Object', { ...bounds, properties: {}, additionalProperties: inner(patterns[0]) });
  const properties = Object.fromEntries(Object.entries(asNode(node['properties'])).map(([key, value]) => [key, inner(value)]));
  const required = Array.isArray(node['required']) ? node['required'].filter((key) => typeof key === 'string') : [];
  const others = node['additionalProperties'];
  return kind('Object', {
    ...bounds,
    properties,
    ...(required.length === 0 ? {} : { required }),
    ...(others === undefined ? {} : { additionalProperties: typeof others === 'boolean' ? others : inner(others) }),
  });
}

function kind(name: string, keywords: Node): TSchema {
  return { ...keywords, ...(name === 'Object' ? { type: 'object' } : {}), [Kind]: name } as unknown as TSchema;
}

function numbers(node: Node, names: readonly string[]): Node {
  return Object.fromEntries(names.filter((name) => Number.isFinite(node[name])).map((name) => [name, node[name]]));
}

function asNode(value: unknown): Node {
  return typeof value === 'object' && value !== null ? (value as Node) : {};
}
