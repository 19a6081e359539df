/**
 * Why a pattern is not taken. `invalid`: Python refuses it too. `unsupported`: SEC-113. `wide_range`: SEC-113, the operator can
 * allow it. `ambiguous` and `slow`: SEC-114, by rule and by probe.
 */
export type PatternReason =
  | 'invalid'
  | 'unsupported'
  | 'wide_range'
  | 'too_long'
  | 'too_many_repeats'
  | 'matches_empty'
  | 'ambiguous'
  | 'slow';

/** Thrown inside the translator only; `translatePattern` turns it into its result. */
export class PatternRefusal extends Error {
  readonly reason: PatternReason;
  readonly fix: string;

  constructor(reason: PatternReason, problem: string, fix: string) {
    super(problem);
    this.reason = reason;
    this.fix = fix;
  }
}

export function invalid(problem: string): never {
  throw new PatternRefusal('invalid', problem, 'correct the pattern');
}

export function unsupported(construct: string, fix = 'write it with classes, groups, alternatives and bounded repeats'): never {
  throw new PatternRefusal('unsupported', `${construct} is not supported, because engines read it differently`, fix);
}
