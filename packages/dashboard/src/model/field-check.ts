import { amountUnit, plainAmount } from './amount.ts';
import type { FieldModel, FormModel } from './command-form.ts';

/** Longest pattern and value this page runs a pattern on: an agent's pattern is foreign code (SEC-113). */
const MAX_PATTERN_CHARS = 200;
const MAX_CHECKED_CHARS = 256;
/** A repeated group, a back reference, a look-around: where matching can take longer than the value is long. */
const COSTLY = /\)[*+{]|\\[1-9k]|\(\?[=!<]/;
const MAX_REPEATS = 3;

/** A courtesy check by name of parameter; the host's own check is the one that counts. */
export function courtesyErrors(model: FormModel, values: Readonly<Record<string, string>>): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const field of model.fields) {
    const problem = problemWith(field, values[field.name] ?? '');
    if (problem !== null) errors[field.name] = problem;
  }
  return errors;
}

/**
 * The first field that keeps the form from being sent: one that is needed and empty, and where the plugin told types and limits, one
 * that is sure to be refused. What only breaks v1's pattern goes to the host: its dialect may not be the browser's.
 */
export function firstInvalid(model: FormModel, values: Readonly<Record<string, string>>): number {
  const errors = courtesyErrors(model, values);
  return model.fields.findIndex(({ name }) => Object.hasOwn(errors, name) && (model.isTold || (values[name] ?? '') === ''));
}

/** Whether the whole value matches; null when the pattern is too long, not understood, or could run away. */
export function matches(pattern: string | null, value: string): boolean | null {
  if (pattern === null || pattern.length > MAX_PATTERN_CHARS || value.length > MAX_CHECKED_CHARS) return null;
  if (COSTLY.test(pattern) || (pattern.match(/[*+{]/g) ?? []).length > MAX_REPEATS) return null;
  try {
    return new RegExp(`^(?:${pattern})$`, 'u').test(value);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function problemWith(field: FieldModel, value: string): string | null {
  if (value === '') return field.required && !field.mayBeEmpty ? 'Needed: this parameter has no default.' : null;
  if (field.type === 'integer') return numberProblem(field, value, /^-?[0-9]+$/u, 'a whole number');
  if (field.type === 'number')
    return numberProblem(field, value, /^-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?$/iu, 'a number');
  if (field.type === 'boolean') return value === 'true' || value === 'false' ? null : 'Expected true or false.';
  if (field.type === 'choice')
    return field.choices.some((choice) => choice.value === value) ? null : 'Expected one of the values of the list.';
  if (field.maxChars !== null && Array.from(value).length > field.maxChars) return `At most ${field.maxChars} characters.`;
  if (matches(field.pattern, value) === false)
    return field.help === null ? 'Does not match the pattern the host asks for.' : `Expected ${field.help}.`;
  return null;
}

function numberProblem(field: FieldModel, written: string, form: RegExp, what: string): string | null {
  const { minimum, maximum } = field;
  const value = plainAmount(field, written);
  const number = Number(value);
  const inRange = number >= (minimum ?? -Infinity) && number <= (maximum ?? Infinity);
  return form.test(value) && inRange ? null : `Expected ${amountWords(field) ?? what}${rangeWords(minimum, maximum)}.`;
}

/** How an amount is written; null for what is none. */
export function amountWords(field: Pick<FieldModel, 'type' | 'widget'>): string | null {
  const kind = amountUnit(field);
  if (kind === null) return null;
  return kind === 'bytes' ? 'bytes, or with a unit (512 MiB, 1.5 GB)' : 'milliseconds, or with a unit (90 s, 5 min, 1.5 h)';
}

/** ` from 1 to 100`, ` of at least 1`, ` of at most 100`, or nothing. */
export function rangeWords(minimum: number | null, maximum: number | null): string {
  if (minimum !== null && maximum !== null) return ` from ${minimum} to ${maximum}`;
  if (minimum !== null) return ` of at least ${minimum}`;
  return maximum === null ? '' : ` of at most ${maximum}`;
}
