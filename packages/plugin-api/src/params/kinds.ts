import type { ParamPolicy } from './policy.ts';

export type ParamKind =
  | 'service_name'
  | 'lines_count'
  | 'path_under_root'
  | 'git_branch'
  | 'container_name'
  | 'bucket_id'
  | 'hostname'
  | 'email'
  | 'free_text';

const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';

/** The named kinds of SEC-115, as config and plugins use them. */
export const PARAM_KINDS: Readonly<Record<ParamKind, ParamPolicy>> = Object.freeze({
  service_name: kind('[a-zA-Z0-9_-]+', 63, ['no_leading_dash']),
  lines_count: kind('[0-9]{1,5}', 5, ['no_leading_dash', 'canonical_integer'], { min: 1, max: 99_999 }),
  path_under_root: kind('[A-Za-z0-9._@+=,-]+(?:/[A-Za-z0-9._@+=,-]+)*', 1_024, ['no_leading_dash', 'path']),
  git_branch: kind('[A-Za-z0-9][A-Za-z0-9._/@+-]*', 200, ['no_leading_dash', 'git_ref']),
  container_name: kind('[a-zA-Z0-9][a-zA-Z0-9_.-]+', 128, ['no_leading_dash']),
  bucket_id: kind('[a-f0-9]{16,64}', 64, ['no_leading_dash']),
  hostname: kind(`${LABEL}(?:\\.${LABEL})*`, 253, ['no_leading_dash', 'not_ip_like']),
  email: kind(`[A-Za-z0-9_][A-Za-z0-9_+-]*(?:\\.[A-Za-z0-9_+-]+)*@${LABEL}(?:\\.${LABEL})+`, 254, [
    'no_leading_dash',
    'not_ip_like',
    'email',
  ]),
  free_text: kind('[^\\x00-\\x1f\\x7f-\\x9f]+', 200, ['no_leading_dash', 'no_leading_at'], { maxBytes: 800 }),
});

/** True for the name of a kind. */
export function isParamKind(name: string): name is ParamKind {
  return Object.hasOwn(PARAM_KINDS, name);
}

function kind(pattern: string, maxChars: number, guards: ParamPolicy['guards'], more: Partial<ParamPolicy> = {}): ParamPolicy {
  return Object.freeze({
    maxChars,
    maxBytes: maxChars,
    source: `^(?:${pattern})$`,
    shown: pattern,
    guards: Object.freeze([...guards]),
    ...more,
  });
}
