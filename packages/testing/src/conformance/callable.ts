import type { CommandDefinition } from '@stormpulse/plugin-api/internal';
import type { ConformanceFixture } from './fixture.ts';

type Params = Readonly<Record<string, string | number | boolean>>;

/** The wire name of a plugin's command. */
export function wireNameOf(plugin: string, { wireName, id }: CommandDefinition): string {
  return wireName ?? `${plugin}_${id}`;
}

/** Parameters that a command accepts, or the sentence that says what is missing to know them. */
export function paramsFor({ id, params }: CommandDefinition, { params: known = {} }: ConformanceFixture): Params | string {
  const given = known[id];
  if (given !== undefined) return given;
  const found: Record<string, string | number | boolean> = {};
  for (const name of params.required ?? []) {
    const schema = params.properties[name] as Readonly<Record<string, unknown>>;
    if (schema['default'] !== undefined) continue;
    const value = firstOf(schema);
    if (value === undefined)
      return `command "${id}" cannot be called: give parameter "${name}" an example (\`examples: ['…']\` in its schema), or the fixture \`params.${id}\``;
    found[name] = value;
  }
  return found;
}

function firstOf(schema: Readonly<Record<string, unknown>>): string | number | boolean | undefined {
  const {
    examples,
    anyOf,
    const: only,
    type,
    minimum,
  } = schema as {
    readonly examples?: readonly (string | number | boolean)[];
    readonly anyOf?: readonly { readonly const?: string | number | boolean }[];
    readonly const?: string | number | boolean;
    readonly type?: string;
    readonly minimum?: number;
  };
  const choice = examples?.[0] ?? only ?? anyOf?.find((option) => option.const !== undefined)?.const;
  if (choice !== undefined) return choice;
  if (type === 'boolean') return false;
  return type === 'integer' || type === 'number' ? (minimum ?? 1) : undefined;
}
