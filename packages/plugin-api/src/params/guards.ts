import type { Guard, ParamPolicy, ParamReason } from './policy.ts';
import { utf8Bytes } from './text-length.ts';

type Check = (value: string, policy: ParamPolicy) => ParamReason | undefined;

const MAX_SEGMENT_BYTES = 255;
const MAX_LOCAL_PART_CHARS = 64;

/** Guards that run before the pattern, in `decision_order`: `no_leading_dash` and `no_leading_at` come before `path`. */
const BEFORE: readonly (readonly [Guard, Check])[] = [
  ['no_leading_dash', (value) => (value.startsWith('-') ? 'option_smuggling' : undefined)],
  ['no_leading_at', (value) => (value.startsWith('@') ? 'response_file' : undefined)],
  ['path', checkPath],
];

/** Guards that run once the pattern has matched, in `decision_order`. */
const AFTER: readonly (readonly [Guard, Check])[] = [
  ['canonical_integer', (value) => (/^-?0[0-9]|^-0$/u.test(value) ? 'non_canonical_number' : undefined)],
  ['canonical_integer', checkRange],
  ['git_ref', (value) => (isRefName(value) ? undefined : 'ref_format')],
  ['not_ip_like', (value) => (/(?:^|[.@])(?:[0-9]+|0x[0-9a-f]*)$/iu.test(value) ? 'ip_literal' : undefined)],
  ['email', (value) => (value.lastIndexOf('@') > MAX_LOCAL_PART_CHARS ? 'too_long' : undefined)],
];

/** The first guard that refuses before the pattern is tried. */
export function guardBeforePattern(policy: ParamPolicy, value: string): ParamReason | undefined {
  return firstRefusal(BEFORE, policy, value);
}

/** The first guard that refuses a value whose pattern matched. */
export function guardAfterPattern(policy: ParamPolicy, value: string): ParamReason | undefined {
  return firstRefusal(AFTER, policy, value);
}

function firstRefusal(checks: typeof BEFORE, policy: ParamPolicy, value: string): ParamReason | undefined {
  for (const [guard, check] of checks) {
    const reason = policy.guards.includes(guard) ? check(value, policy) : undefined;
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** A relative POSIX path below a root; what the file system says of it is checked where it is opened (SEC-117). */
function checkPath(value: string, policy: ParamPolicy): ParamReason | undefined {
  if (value.startsWith('/')) return 'absolute_path';
  if (value.startsWith('~')) return 'home_expansion';
  const segments = value.split('/');
  if (segments.includes('..')) return 'path_traversal';
  if (segments.some((segment) => segment === '' || segment === '.')) return 'path_not_normalized';
  if (policy.guards.includes('no_leading_dash') && segments.some((segment) => segment.startsWith('-'))) return 'option_smuggling';
  if (segments.some((segment) => segment.startsWith('.'))) return 'hidden_segment';
  if (segments.some((segment) => utf8Bytes(segment) > MAX_SEGMENT_BYTES)) return 'too_long';
  return undefined;
}

function checkRange(value: string, policy: ParamPolicy): ParamReason | undefined {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) return 'out_of_range';
  if (policy.min !== undefined && number < policy.min) return 'out_of_range';
  return policy.max !== undefined && number > policy.max ? 'out_of_range' : undefined;
}

/** The rules of `git check-ref-format --branch` that a pattern cannot say, and no object id, which git would prefer to a branch. */
function isRefName(value: string): boolean {
  if (value === 'HEAD' || value === '@' || /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u.test(value)) return false;
  if (value.includes('..') || value.includes('@{') || value.endsWith('.')) return false;
  return value.split('/').every((segment) => segment !== '' && !segment.startsWith('.') && !segment.endsWith('.lock'));
}
