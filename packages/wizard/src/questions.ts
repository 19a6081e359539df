import { Check } from '@sinclair/typebox/value';
import type { TObject, TSchema } from '@stormpulse/plugin-api';

/** One thing to ask, made of a property of a wizard's schema. */
export interface Question {
  readonly key: string;
  readonly title: string;
  readonly help: string | undefined;
  readonly kind: 'text' | 'secret' | 'number' | 'yes-no' | 'one-of' | 'some-of' | 'list';
  readonly choices: readonly (string | number)[];
  /** What an empty answer means; undefined: that there is none. */
  readonly fallback: unknown;
  readonly isRequired: boolean;
  readonly schema: TSchema;
}

interface SchemaFields {
  readonly type?: unknown;
  readonly title?: unknown;
  readonly description?: unknown;
  readonly anyOf?: readonly { readonly const?: unknown }[];
  readonly const?: unknown;
  readonly items?: SchemaFields;
  readonly default?: unknown;
  readonly 'x-secret'?: unknown;
  readonly 'x-ui'?: { readonly help?: string; readonly order?: number };
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  readonly pattern?: unknown;
}

/** In the order of `x-ui.order`, then of the schema. What is no plain value is not asked: its default stands. */
export function questionsOf(schema: TObject): readonly Question[] {
  const entries = Object.entries(schema.properties).map(([key, property]) => ({
    key,
    property,
    fields: property as SchemaFields,
  }));
  const order = ({ fields }: { readonly fields: SchemaFields }): number => fields['x-ui']?.order ?? 0;
  return entries
    .toSorted((a, b) => order(a) - order(b))
    .flatMap(({ key, property, fields }) => {
      const kind = kindOf(fields);
      if (kind === undefined) return [];
      return [
        {
          key,
          kind,
          title: typeof fields.title === 'string' ? fields.title : key,
          help: fields['x-ui']?.help ?? (typeof fields.description === 'string' ? fields.description : undefined),
          choices: choicesOf(kind === 'some-of' ? fields.items : fields) ?? [],
          fallback: fields.default,
          isRequired: schema.required?.includes(key) === true,
          schema: property,
        },
      ];
    });
}

function kindOf(fields: SchemaFields): Question['kind'] | undefined {
  if (choicesOf(fields) !== undefined) return 'one-of';
  if (fields.type === 'array') {
    if (choicesOf(fields.items) !== undefined) return 'some-of';
    return fields.items?.type === 'string' ? 'list' : undefined;
  }
  if (fields.type === 'boolean') return 'yes-no';
  if (fields.type === 'integer' || fields.type === 'number') return 'number';
  if (fields.type !== 'string') return undefined;
  return fields['x-secret'] === true ? 'secret' : 'text';
}

function choicesOf(fields: SchemaFields | undefined): readonly (string | number)[] | undefined {
  const given = fields?.anyOf ?? (fields?.const === undefined ? undefined : [fields]);
  const values = given?.map((one) => one.const);
  return values?.every((value): value is string | number => typeof value === 'string' || typeof value === 'number')
    ? values
    : undefined;
}

/** What a typed text means; a list is separated by commas. Undefined: left out. */
export function readAnswer({ kind, fallback }: Question, text: string): unknown {
  if (text === '') return fallback;
  if (kind === 'number') return /^-?\d{1,15}(?:\.\d{1,15})?$/u.test(text.trim()) ? Number(text) : text;
  if (kind === 'list')
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  return text;
}

/** Why a value is no answer, as a sentence; undefined when it is one. */
export function answerProblem({ schema, isRequired, kind, choices }: Question, value: unknown): string | undefined {
  if (value === undefined) return isRequired ? 'an answer is needed' : undefined;
  if (Check(schema, value)) return undefined;
  return `expected ${expectation(schema, kind, choices)}`;
}

function expectation(fields: SchemaFields, kind: Question['kind'], choices: Question['choices']): string {
  const { minimum: min, maximum: max, pattern } = fields;
  if (choices.length > 0) return `${kind === 'some-of' ? 'some' : 'one'} of ${choices.join(', ')}`;
  if (kind === 'number')
    return `a ${fields.type === 'integer' ? 'whole ' : ''}number${typeof min === 'number' ? `, at least ${min}` : ''}${typeof max === 'number' ? `, at most ${max}` : ''}`;
  if (kind === 'yes-no') return 'true or false';
  if (kind === 'list') return 'texts, separated by commas';
  return typeof pattern === 'string' ? `a text that fits ${pattern}` : 'another text';
}
