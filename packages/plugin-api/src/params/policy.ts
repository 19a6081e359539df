/** Checks beyond length, character set and pattern; each is one step of `decision_order` in the parameter rules. */
export type Guard = 'no_leading_dash' | 'no_leading_at' | 'canonical_integer' | 'path' | 'git_ref' | 'not_ip_like' | 'email';

/** Why a parameter value was refused: a closed set, the first failing step decides (security model, section 9). */
export type ParamReason =
  | 'not_a_string'
  | 'not_well_formed'
  | 'empty'
  | 'too_long'
  | 'control_char'
  | 'unsafe_unicode'
  | 'option_smuggling'
  | 'response_file'
  | 'absolute_path'
  | 'home_expansion'
  | 'path_traversal'
  | 'path_not_normalized'
  | 'hidden_segment'
  | 'pattern_mismatch'
  | 'non_canonical_number'
  | 'out_of_range'
  | 'ref_format'
  | 'ip_literal';

/** What a parameter's text must satisfy. Plain data, so that it travels with the schema. */
export interface ParamPolicy {
  /** Unicode code points. */
  readonly maxChars: number;
  /** UTF-8 bytes. */
  readonly maxBytes: number;
  /** JavaScript source, anchored as `^(?:…)$`, compiled with flag `u`. Absent: an opaque value, in which only NUL is refused. */
  readonly source?: string;
  /** The pattern as its author wrote it, for people and v1 hubs. Default: `source` without its anchors. */
  readonly shown?: string;
  readonly guards: readonly Guard[];
  readonly min?: number;
  readonly max?: number;
  readonly allowEmpty?: boolean;
}

/** A parameter as code sees it: decoded from its one spelling on the wire. */
export type ParamValue = string | number | boolean;
