import { isParamKind, PARAM_KINDS } from '@stormpulse/sdk';
import type { ParamPolicy } from '@stormpulse/sdk';
import { translatePattern } from '@stormpulse/sdk/patterns';
import type { PatternReason } from '@stormpulse/sdk/patterns';

/** The keys of `params.<name>` that say what a value may be. */
export interface ParamRules {
  /** Python's dialect, for the whole value. */
  readonly pattern?: string | null;
  /** A named kind instead of a pattern (SEC-115). */
  readonly kind?: string;
  /** UTF-8 bytes. The only limit of an opaque parameter, which has neither pattern nor kind. */
  readonly max_bytes?: number | null;
  /** Code points. Default: 256 with a pattern. */
  readonly max_chars?: number;
  readonly allow_empty?: boolean;
  readonly allow_leading_dash?: boolean;
  readonly allow_wide_range?: boolean;
}

export type PolicyResult =
  | { readonly ok: true; readonly policy: ParamPolicy; readonly warnings: readonly string[] }
  | {
      readonly ok: false;
      /** The key to change. */
      readonly key: 'pattern' | 'kind' | 'max_bytes' | 'max_chars';
      readonly reason: PatternReason | 'unknown_kind' | 'no_limit' | 'bad_limit' | 'two_rules';
      readonly problem: string;
      readonly expected: string;
      readonly fix?: string;
    };

/** SEC-111: a pattern parameter's cap. */
const DEFAULT_MAX_CHARS = 256;
/** The largest limit that can be asked for; a frame holds little more. */
const MAX_LIMIT = 1_048_576;

/** What the text of a parameter must satisfy, from the operator's keys (SEC-110 to 115). Never throws. */
export function policyFor(rules: ParamRules): PolicyResult {
  const { pattern, kind } = rules;
  const limit = badLimit(rules);
  if (limit !== undefined)
    return {
      ok: false,
      key: limit,
      reason: 'bad_limit',
      problem: `is ${rules[limit]}`,
      expected: `a whole number from 1 to ${MAX_LIMIT}`,
    };
  if (kind !== undefined) return kindPolicy(kind, rules);
  return typeof pattern === 'string' ? patternPolicy(pattern, rules) : opaquePolicy(rules);
}

function kindPolicy(kind: string, rules: ParamRules): PolicyResult {
  if (typeof rules.pattern === 'string') {
    return { ok: false, key: 'kind', reason: 'two_rules', problem: 'is given together with pattern', expected: 'one of the two' };
  }
  if (!isParamKind(kind)) {
    return {
      ok: false,
      key: 'kind',
      reason: 'unknown_kind',
      problem: `is ${JSON.stringify(kind)}`,
      expected: `one of ${Object.keys(PARAM_KINDS).join(', ')}`,
    };
  }
  const base = PARAM_KINDS[kind];
  const maxChars = Math.min(base.maxChars, rules.max_chars ?? base.maxChars);
  const maxBytes = Math.min(base.maxBytes, rules.max_bytes ?? base.maxBytes);
  const guards = base.guards.filter((guard) => guard !== 'no_leading_dash' || rules.allow_leading_dash !== true);
  return { ok: true, policy: Object.freeze({ ...base, maxChars, maxBytes, guards, ...emptiness(rules) }), warnings: [] };
}

function patternPolicy(pattern: string, rules: ParamRules): PolicyResult {
  const maxChars = rules.max_chars ?? rules.max_bytes ?? DEFAULT_MAX_CHARS;
  const { allow_wide_range: allowWideRange = false, allow_empty: allowEmpty = false } = rules;
  const translation = translatePattern(pattern, { allowWideRange, allowEmpty, maxChars });
  if (!translation.ok) {
    const { reason, problem, fix } = translation;
    return {
      ok: false,
      key: 'pattern',
      reason,
      problem: `${JSON.stringify(pattern)} ${problem}`,
      expected: 'a pattern of the safe subset',
      fix,
    };
  }
  const maxBytes = rules.max_bytes ?? maxChars * 4;
  const policy = {
    maxChars,
    maxBytes,
    source: translation.source,
    shown: pattern,
    guards: dashGuard(rules),
    ...emptiness(rules),
  };
  return { ok: true, policy: Object.freeze(policy), warnings: translation.warnings };
}

function opaquePolicy(rules: ParamRules): PolicyResult {
  const { max_bytes: maxBytes } = rules;
  if (typeof maxBytes !== 'number') {
    const fix = 'add pattern = "…" or kind = "…", or max_bytes = N for text that nothing else checks';
    return { ok: false, key: 'pattern', reason: 'no_limit', problem: 'is missing', expected: 'a rule for the value', fix };
  }
  const policy = { maxChars: rules.max_chars ?? maxBytes, maxBytes, guards: dashGuard(rules), ...emptiness(rules) };
  return { ok: true, policy: Object.freeze(policy), warnings: [] };
}

function badLimit(rules: ParamRules): 'max_bytes' | 'max_chars' | undefined {
  const isBad = (limit: number | null | undefined): boolean =>
    typeof limit === 'number' && (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT);
  if (isBad(rules.max_bytes)) return 'max_bytes';
  return isBad(rules.max_chars) ? 'max_chars' : undefined;
}

function dashGuard(rules: ParamRules): ParamPolicy['guards'] {
  return rules.allow_leading_dash === true ? [] : ['no_leading_dash'];
}

function emptiness(rules: ParamRules): { readonly allowEmpty?: true } {
  return rules.allow_empty === true ? { allowEmpty: true } : {};
}
