import { Type } from '@sinclair/typebox';
import type { TString } from '@sinclair/typebox';
import type { FormHints } from '../schema.ts';
import { PARAM_KINDS, isParamKind } from './kinds.ts';
import type { ParamKind } from './kinds.ts';
import { ParamSchemaInvalid } from './policy-of.ts';

/** What an author may say of a parameter besides its kind. */
export interface ParamOptions {
  readonly title?: string;
  readonly description?: string;
  readonly default?: string;
  /** Accept the empty string, which every kind refuses otherwise. */
  readonly allowEmpty?: boolean;
  /** Redacted from every record of the call (SEC-116). */
  readonly secret?: boolean;
  readonly hints?: FormHints;
}

/** A string parameter of a named kind: `params: Type.Object({ branch: param('git_branch') })` (SEC-115). Throws `E_PLUGIN_PARAM_INVALID`. */
export function param(kind: ParamKind, options: ParamOptions = {}): TString {
  const { title, description, default: fallback, allowEmpty, secret, hints } = options;
  if (!isParamKind(kind))
    throw ParamSchemaInvalid({ problem: `has the kind "${String(kind)}"; there are ${Object.keys(PARAM_KINDS).join(', ')}` });
  const policy = PARAM_KINDS[kind];
  return Type.String({
    'x-param': allowEmpty === true ? Object.freeze({ ...policy, allowEmpty }) : policy,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    ...(secret === true ? { 'x-secret': true as const } : {}),
    ...(hints === undefined ? {} : { 'x-ui': hints }),
  });
}
