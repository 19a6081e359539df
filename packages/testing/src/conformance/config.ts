import { Value } from '@sinclair/typebox/value';
import { parseConfig } from '@stormpulse/plugin-api/internal';
import type { Plugin, TSchema } from '@stormpulse/plugin-api';
import { definitionOrThrow } from './contributions.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';

const STRANGER = 'conformance_unknown_key';

/** C02: unknown config keys are refused at every depth; every default is valid under its own schema. */
export function checkConfig(plugin: Plugin, { config }: ConformanceFixture): Problems {
  const { configSchema } = definitionOrThrow(plugin);
  const problems: string[] = [];
  for (const path of objectPaths(configSchema, config)) {
    const strange = structuredClone(config) as Record<string, unknown>;
    target(strange, path)[STRANGER] = true;
    if (accepts(configSchema, strange)) problems.push(`an unknown key under "${['config', ...path].join('.')}" is accepted`);
  }
  for (const { path, schema } of withDefaults(configSchema, [])) {
    if (!Value.Check(schema, Value.Default(schema, Value.Clone(schema['default']))))
      problems.push(`the default of "${path.join('.')}" is not valid under its own schema`);
  }
  return problems;
}

function accepts(schema: TSchema, config: object): boolean {
  try {
    parseConfig(schema, config);
    return true;
  } catch {
    return false;
  }
}

/** Objects of the config that the schema describes as objects: what free-form records hold is the plugin's own to check. */
function objectPaths(schema: TSchema, value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, TSchema>>;
  if (schema['type'] !== 'object' || schema['patternProperties'] !== undefined) return [];
  const inner = Object.entries(value).flatMap(([key, child]) =>
    properties[key] === undefined ? [] : objectPaths(properties[key], child, [...path, key]),
  );
  return [path, ...inner];
}

function target(root: Record<string, unknown>, path: readonly string[]): Record<string, unknown> {
  let node = root;
  for (const key of path) node = node[key] as Record<string, unknown>;
  return node;
}

function withDefaults(
  schema: TSchema,
  path: readonly string[],
): { readonly path: readonly string[]; readonly schema: TSchema }[] {
  const own = schema['default'] === undefined ? [] : [{ path, schema }];
  const properties = Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, TSchema>>);
  return [...own, ...properties.flatMap(([key, child]) => withDefaults(child, [...path, key]))];
}
