import type { ParamPolicy, ParamReason } from './policy.ts';

/** Why a parameter of a request was refused: the value's own reasons, and those of its name and spelling. */
export type RefusalReason = ParamReason | 'unknown_param' | 'missing_param' | 'bad_param_key' | 'bad_spelling';

const MAX_QUOTED_CHARS = 200;

/** What a person is told to do about each reason; `expected` is said for the parameter at hand. */
const WORDS: Readonly<Record<ParamReason, string>> = {
  not_a_string: 'is not text',
  not_well_formed: 'holds half a character (a lone surrogate)',
  empty: 'is empty',
  too_long: 'is too long',
  control_char: 'holds a control character',
  unsafe_unicode: 'holds an invisible or direction-changing character',
  option_smuggling: 'starts with "-", so a program would read it as an option',
  response_file: 'starts with "@", which some programs read as a file to load',
  absolute_path: 'is an absolute path; give it relative to the root',
  home_expansion: 'starts with "~"; give it relative to the root',
  path_traversal: 'leaves the root through ".."',
  path_not_normalized: 'has an empty or "." segment',
  hidden_segment: 'has a segment that starts with "."',
  pattern_mismatch: 'does not match the pattern',
  non_canonical_number: 'has a leading zero',
  out_of_range: 'is out of range',
  ref_format: 'is no branch name that git accepts, or looks like an object id',
  ip_literal: 'is an address, or can be read as one; give a name',
};

/** One sentence for one refused value; a secret one is never quoted (SEC-116). */
export function describeValueRefusal(
  name: string,
  value: unknown,
  reason: ParamReason,
  policy: ParamPolicy,
  secret: boolean,
): string {
  return `parameter ${quote(name)}: ${shown(value, secret)} ${WORDS[reason]}; expected ${expectation(policy)}`;
}

/** The same for a value that is none of its schema's spellings. */
export function describeSpelling(name: string, value: unknown, expected: string, secret: boolean): string {
  return `parameter ${quote(name)}: ${shown(value, secret)} is not accepted; expected ${expected}`;
}

/** Text in double quotes, escaped, cut at 200 characters. */
export function quote(text: string): string {
  const chars = Array.from(text.slice(0, MAX_QUOTED_CHARS * 2 + 2));
  const cut = chars.length > MAX_QUOTED_CHARS;
  const kept = JSON.stringify(cut ? chars.slice(0, MAX_QUOTED_CHARS).join('') : text);
  const safe = kept.replaceAll(
    /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu,
    escape,
  );
  return cut ? `${safe}…` : safe;
}

function escape(char: string): string {
  return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}

function shown(value: unknown, secret: boolean): string {
  if (typeof value !== 'string') return `a value of type ${value === null ? 'null' : typeof value}`;
  return secret ? `the value (secret, ${value.length} characters)` : quote(value);
}

function expectation(policy: ParamPolicy): string {
  const size = `at most ${policy.maxChars} characters and ${policy.maxBytes} bytes`;
  const range = policy.min === undefined && policy.max === undefined ? '' : `, ${policy.min ?? '…'} to ${policy.max ?? '…'}`;
  return policy.source === undefined ? `text, ${size}` : `${policy.shown ?? policy.source}, ${size}${range}`;
}
