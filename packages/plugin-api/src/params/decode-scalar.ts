import type { TSchema } from '@sinclair/typebox';
import { checkText } from './check-text.ts';
import { describeSpelling, describeValueRefusal, quote } from './describe-refusal.ts';
import type { RefusalReason } from './describe-refusal.ts';
import { policyOf } from './policy-of.ts';

export type ScalarResult =
  | { readonly ok: true; readonly value: string | number | boolean }
  | { readonly ok: false; readonly reason: RefusalReason; readonly message: string };

type Scalar = string | number | boolean;

interface ScalarKeywords {
  readonly type?: string;
  readonly const?: Scalar;
  readonly anyOf?: readonly { readonly const?: Scalar }[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
}

/** Longer than any spelling of a number or an enum's text that a schema can name sensibly; checked before anything is compared. */
const MAX_SPELLING_CHARS = 4_096;

/** Decodes the wire text of one parameter from its only spelling (design D3). No coercion. */
export function decodeScalar(name: string, schema: TSchema, text: unknown): ScalarResult {
  const secret = schema['x-secret'] === true;
  const keywords = schema as ScalarKeywords;
  if (keywords.type === 'string' && keywords.const === undefined) {
    const policy = policyOf(schema);
    const reason = checkText(policy, text);
    if (reason !== undefined) return { ok: false, reason, message: describeValueRefusal(name, text, reason, policy, secret) };
    return { ok: true, value: text as string };
  }
  const expected = expectationOf(keywords);
  if (typeof text !== 'string')
    return { ok: false, reason: 'not_a_string', message: describeSpelling(name, text, expected, secret) };
  const value = text.length > MAX_SPELLING_CHARS ? undefined : readSpelling(keywords, text);
  if (value === undefined) return { ok: false, reason: 'bad_spelling', message: describeSpelling(name, text, expected, secret) };
  if (typeof value === 'number' && !inBounds(keywords, value)) {
    return { ok: false, reason: 'out_of_range', message: describeSpelling(name, text, expected, secret) };
  }
  return { ok: true, value };
}

function readSpelling(keywords: ScalarKeywords, text: string): Scalar | undefined {
  const choices = choicesOf(keywords);
  if (choices !== undefined) return choices.find((choice) => String(choice) === text);
  if (keywords.type === 'boolean') return text === 'true' ? true : text === 'false' ? false : undefined;
  const number = Number(text);
  if (keywords.type === 'integer')
    return /^-?(?:0|[1-9][0-9]*)$/u.test(text) && text !== '-0' && Number.isSafeInteger(number) ? number : undefined;
  if (keywords.type === 'number') return Number.isFinite(number) && String(number) === text ? number : undefined;
  return undefined;
}

function choicesOf(keywords: ScalarKeywords): readonly Scalar[] | undefined {
  if (keywords.const !== undefined) return [keywords.const];
  return keywords.anyOf?.flatMap((option) => (option.const === undefined ? [] : [option.const]));
}

function inBounds(keywords: ScalarKeywords, value: number): boolean {
  const {
    minimum = -Infinity,
    maximum = Infinity,
    exclusiveMinimum = -Infinity,
    exclusiveMaximum = Infinity,
    multipleOf,
  } = keywords;
  if (value < minimum || value > maximum || value <= exclusiveMinimum || value >= exclusiveMaximum) return false;
  return multipleOf === undefined || value % multipleOf === 0;
}

function expectationOf(keywords: ScalarKeywords): string {
  const choices = choicesOf(keywords);
  if (choices !== undefined) return `one of ${choices.map((choice) => quote(String(choice))).join(', ')}`;
  if (keywords.type === 'boolean') return '"true" or "false"';
  const low = keywords.minimum ?? keywords.exclusiveMinimum;
  const high = keywords.maximum ?? keywords.exclusiveMaximum;
  const range = low === undefined && high === undefined ? '' : ` from ${low ?? '…'} to ${high ?? '…'}`;
  return keywords.type === 'integer' ? `a whole number${range}, without sign "+" or leading zeros` : `a number${range}`;
}
