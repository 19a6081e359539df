import type { ParamRules } from './param-policy.ts';

export interface ResolvableParam extends ParamRules {
  readonly default?: string | null;
  readonly secret?: boolean;
}

export interface ResolveOptions {
  readonly template: readonly string[];
  readonly params: Readonly<Record<string, ResolvableParam>>;
  /** What local configuration fills; null counts as empty. */
  readonly project: Readonly<Record<string, string | null>>;
  readonly runtimeParams: Readonly<Record<string, unknown>>;
  readonly dialect: 'hardened' | 'reference';
  /** `expansion`: without the rules on templates, leading dashes and empty values. Default: `all`. */
  readonly rules?: 'all' | 'expansion';
}

export type Resolution =
  | { readonly outcome: 'ok'; readonly argv: readonly string[]; readonly validated: Readonly<Record<string, string>> | null }
  | { readonly outcome: 'validation_failed'; readonly reason: string; readonly message: string }
  | { readonly outcome: 'uncaught:ValueError' | 'uncaught:TypeError'; readonly message: string };
