import type { TSchema } from '@stormpulse/plugin-api';
import { table } from './table.ts';

interface Keywords {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly patternProperties?: Readonly<Record<string, TSchema>>;
  readonly items?: TSchema;
  readonly anyOf?: readonly TSchema[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Every key of a config schema, nested ones dotted, as operators write them in TOML. Empty when no key says what it is for. */
export function configTable(schema: TSchema): string {
  const found = rows(schema, '');
  return table(['key', 'type', 'default', 'what it does'], found.some((row) => row.at(-1) !== '') ? found : []);
}

function rows(schema: TSchema, prefix: string): readonly (readonly string[])[] {
  const { properties = {}, required = [] } = schema as Keywords;
  return Object.entries(properties).flatMap(([key, child]) => {
    const inner = child as Keywords;
    const name = prefix + key;
    const own = [`\`${name}\``, typeOf(inner), defaultOf(inner, required.includes(key)), inner.description ?? ''];
    return [own, ...rows(child, `${name}.`), ...entries(inner, name)];
  });
}

/** What a table with free keys, or a list of tables, holds. */
function entries({ patternProperties, items }: Keywords, name: string): readonly (readonly string[])[] {
  const free = Object.values(patternProperties ?? {}).flatMap((value) => rows(value, `${name}.<name>.`));
  return items === undefined ? free : [...free, ...rows(items, `${name}[].`)];
}

function typeOf(schema: Keywords): string {
  const { type, anyOf, items, minimum, maximum, pattern } = schema;
  const choices = anyOf?.flatMap((option) => ('const' in option ? [`\`${JSON.stringify(option['const'])}\``] : []));
  if (choices !== undefined && choices.length > 0) return choices.join(', ');
  if (isSecret(schema)) return 'secret: `{ file = "…" }` or `{ env = "…" }`';
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (type === 'array') return `list of ${items === undefined ? 'anything' : typeOf(items)}`;
  if (type === 'object') return 'table';
  if (type === 'integer' || type === 'number') {
    const range = minimum === undefined && maximum === undefined ? '' : `, ${minimum ?? '…'} to ${maximum ?? '…'}`;
    return `${type === 'integer' ? 'whole number' : 'number'}${range}`;
  }
  if (type === 'string')
    return pattern === undefined ? 'text' : isPeriod(pattern) ? 'period, such as `"15s"`' : `text, \`${pattern}\``;
  return type ?? 'anything';
}

function isSecret({ anyOf }: Keywords): boolean {
  const keys = anyOf?.flatMap((option) => Object.keys((option as Keywords).properties ?? {}));
  return keys?.join() === 'file,env';
}

function isPeriod(pattern: string): boolean {
  return pattern.endsWith('(ms|s|m|h)$');
}

function defaultOf({ default: fallback }: Keywords, isRequired: boolean): string {
  if (fallback !== undefined) return `\`${JSON.stringify(fallback)}\``;
  return isRequired ? 'required' : '–';
}
