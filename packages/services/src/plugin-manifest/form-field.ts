import { PARAM_KINDS, policyOf } from '@stormpulse/plugin-api';
import type { FormHints, TSchema } from '@stormpulse/plugin-api';
import { shownParam } from '@stormpulse/plugin-api/internal';
import type { FormField } from '@stormpulse/protocol';

/** A text that may hold line ends is asked for in an area from this length on. */
const AREA_CHARS = 200;

/** One parameter as a hub's form asks for it. `required`: the host has nothing to fill in. A secret's default stays here (SEC-116). */
export function formField(schema: TSchema, isRequired: boolean): FormField {
  const { default: fallback, description } = shownParam(schema);
  const { title, examples, 'x-ui': hints = {} } = schema;
  const [example] = Array.isArray(examples) ? (examples as readonly unknown[]) : [];
  const kind = kindOf(schema);
  return {
    ...kind,
    ...widgetOf(kind.type, hints.widget),
    required: isRequired && schema['default'] === undefined,
    ...(title === undefined ? {} : { title }),
    ...(description === '' ? {} : { description }),
    ...(fallback === null ? {} : { default: fallback }),
    ...(hints.help === undefined ? {} : { help: hints.help }),
    ...(typeof example === 'string' || typeof example === 'number' ? { placeholder: `${example}` } : {}),
    ...(hints.order === undefined ? {} : { order: hints.order }),
    ...(hints.optionsFrom === undefined ? {} : { options_from: hints.optionsFrom }),
    ...(schema['x-secret'] === true ? { secret: true as const } : {}),
  };
}

type Kind = Pick<
  FormField,
  'type' | 'choices' | 'minimum' | 'maximum' | 'max_chars' | 'pattern' | 'help' | 'multiline' | 'may_be_empty'
>;

interface Keywords {
  readonly type?: string;
  readonly const?: unknown;
  readonly title?: string;
  readonly anyOf?: readonly Keywords[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

function kindOf(schema: TSchema): Kind {
  const keywords = schema as Keywords;
  const options = keywords.const === undefined ? keywords.anyOf : [keywords];
  if (options !== undefined)
    return {
      type: 'choice',
      choices: options.map(({ const: value, title }) => ({ value: String(value), ...(title === undefined ? {} : { title }) })),
    };
  if (keywords.type === 'boolean') return { type: 'boolean' };
  if (keywords.type === 'integer') {
    const { exclusiveMinimum, exclusiveMaximum } = keywords;
    const minimum = keywords.minimum ?? (exclusiveMinimum === undefined ? undefined : Math.floor(exclusiveMinimum) + 1);
    const maximum = keywords.maximum ?? (exclusiveMaximum === undefined ? undefined : Math.ceil(exclusiveMaximum) - 1);
    return { type: 'integer', ...bounds(minimum, maximum) };
  }
  if (keywords.type === 'number') return { type: 'number', ...bounds(keywords.minimum, keywords.maximum) };
  return textKind(schema);
}

/** A hint that does not fit the type changes nothing; of some the type says it all. */
function widgetOf(type: FormField['type'], widget: FormHints['widget']): Pick<FormField, 'widget'> {
  const isNumber = type === 'integer' || type === 'number';
  if (widget === 'bytes' && isNumber) return { widget };
  if (widget === 'duration' && (isNumber || type === 'text')) return { widget };
  return widget === 'path' && type === 'text' ? { widget } : {};
}

function textKind(schema: TSchema): Kind {
  const { guards, min, max, maxChars, source, allowEmpty } = policyOf(schema);
  if (guards.includes('canonical_integer')) return { type: 'integer', ...bounds(min, max) };
  const widget = schema['x-ui']?.widget;
  const isArea = widget === 'textarea' || (widget === undefined && source === undefined && maxChars > AREA_CHARS);
  return {
    type: 'text',
    max_chars: maxChars,
    ...(source === undefined ? {} : { pattern: unanchored(source) }),
    ...(source === PARAM_KINDS.free_text.source ? { help: 'text without line ends or control characters' } : {}),
    ...(isArea ? { multiline: true } : {}),
    ...(allowEmpty === true ? { may_be_empty: true } : {}),
  };
}

/** A policy's source is `^(?:…)$`, with the author's own anchors in it. */
function unanchored(source: string): string {
  return source.replace(/^\^\(\?:\^?(.*?)\$?\)\$$/su, '$1');
}

function bounds(minimum: number | undefined, maximum: number | undefined): Pick<Kind, 'minimum' | 'maximum'> {
  return { ...(minimum === undefined ? {} : { minimum }), ...(maximum === undefined ? {} : { maximum }) };
}
