import { guardAfterPattern, guardBeforePattern } from './guards.ts';
import type { ParamPolicy, ParamReason } from './policy.ts';
import { isTooLong } from './text-length.ts';
import { hasControl, hasUnsafeUnicode, isWellFormed } from './unsafe-text.ts';

/** Keyed by the policy object, so an entry lives as long as the command that owns it. */
const compiled = new WeakMap<ParamPolicy, RegExp>();

/**
 * Why a value is refused, or undefined when it may be used. The first failing step of `decision_order` answers; length
 * comes before every expression (SEC-110 to 112, SEC-115). Throws `SyntaxError` for a policy whose `source` is no expression.
 */
export function checkText(policy: ParamPolicy, value: unknown): ParamReason | undefined {
  if (typeof value !== 'string') return 'not_a_string';
  if (!isWellFormed(value)) return 'not_well_formed';
  if (value === '') return policy.allowEmpty === true ? undefined : 'empty';
  if (isTooLong(value, policy)) return 'too_long';
  if (policy.source === undefined) {
    return value.includes('\0') ? 'control_char' : (guardBeforePattern(policy, value) ?? guardAfterPattern(policy, value));
  }
  if (hasControl(value)) return 'control_char';
  if (hasUnsafeUnicode(value)) return 'unsafe_unicode';
  const guarded = guardBeforePattern(policy, value);
  if (guarded !== undefined) return guarded;
  return expressionOf(policy, policy.source).test(value) ? guardAfterPattern(policy, value) : 'pattern_mismatch';
}

function expressionOf(policy: ParamPolicy, source: string): RegExp {
  const known = compiled.get(policy);
  if (known !== undefined) return known;
  const expression = new RegExp(source, 'u');
  compiled.set(policy, expression);
  return expression;
}
