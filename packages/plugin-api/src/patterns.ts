// Apart from the contract, because only what reads patterns of others needs it.
export { checkPattern } from './patterns/check-pattern.ts';
export type { PatternProblem } from './patterns/check-pattern.ts';
export { translatePattern } from './patterns/translate-pattern.ts';
export type { TranslateOptions, Translation } from './patterns/translate-pattern.ts';
export type { PatternReason } from './patterns/pattern-refusal.ts';
