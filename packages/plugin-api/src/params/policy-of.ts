import type { TSchema } from '@sinclair/typebox';
import { defineError } from '../errors.ts';
import { PARAM_KINDS } from './kinds.ts';
import type { ParamPolicy } from './policy.ts';

export const ParamSchemaInvalid = defineError<{ problem: string }>(
  'E_PLUGIN_PARAM_INVALID',
  'failed_precondition',
  'plugin',
  (d) => `a string parameter ${d.problem}`,
);

/** SEC-111: every parameter has a cap. */
const DEFAULT_MAX_CHARS = 256;

/** One policy per schema object: its compiled expression hangs on it. */
const derived = new WeakMap<TSchema, ParamPolicy>();

/**
 * The policy of a string schema: its own `x-param`, or one derived from `pattern` and `maxLength`, with the leading dash
 * refused (SEC-110 to 112). Without a pattern: one line of visible text. Throws `E_PLUGIN_PARAM_INVALID`.
 */
export function policyOf(schema: TSchema): ParamPolicy {
  const own = schema['x-param'];
  if (own !== undefined) return own;
  const known = derived.get(schema);
  if (known !== undefined) return known;
  const policy = derive(schema);
  derived.set(schema, policy);
  return policy;
}

interface StringKeywords {
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly format?: string;
}

function derive(schema: StringKeywords & TSchema): ParamPolicy {
  const { pattern, maxLength: maxChars = DEFAULT_MAX_CHARS, minLength = 1, format } = schema;
  if (minLength > 1)
    throw ParamSchemaInvalid({
      problem: `has minLength ${minLength}; say it in the pattern, for example "^[a-z]{${minLength},}$"`,
    });
  if (format !== undefined) throw ParamSchemaInvalid({ problem: `has format "${format}"; use param(kind) or a pattern` });
  return Object.freeze({
    ...(pattern === undefined
      ? { source: PARAM_KINDS.free_text.source, shown: PARAM_KINDS.free_text.shown }
      : expression(pattern)),
    maxChars,
    maxBytes: maxChars * 4,
    guards: Object.freeze(['no_leading_dash' as const]),
    ...(minLength === 0 ? { allowEmpty: true } : {}),
  }) as ParamPolicy;
}

/** Anchors are asked for, so that the author sees what is meant, and added again, because `^a|b$` is not anchored. */
function expression(pattern: string): Pick<ParamPolicy, 'source' | 'shown'> {
  if (!pattern.startsWith('^') || !/(?:^|[^\\])(?:\\\\)*\$$/u.test(pattern)) {
    throw ParamSchemaInvalid({
      problem: `has the pattern "${pattern}", which may match a part of the value; write "^(?:${pattern})$"`,
    });
  }
  const source = `^(?:${pattern})$`;
  try {
    return { source: new RegExp(source, 'u').source, shown: pattern.slice(1, -1) };
  } catch (cause) {
    throw ParamSchemaInvalid({ problem: `has the pattern "${pattern}", which is no expression: ${String(cause)}` }, { cause });
  }
}
