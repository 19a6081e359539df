import { adversarialTexts } from './adversarial-texts.ts';
import { createBacktracker } from './backtrack.ts';
import type { PatternNode } from './pattern-node.ts';
import { PatternRefusal } from './pattern-refusal.ts';

/** A backtracking engine needs at most 30 ns for one of these, so a value costs at most 6 ms of the 10 ms that SEC-114 gives. */
const MAX_STEPS_PER_VALUE = 200_000;
/** A pattern without backtracking takes a few steps a character; a long cap must not make it look slow. */
const STEPS_PER_CHAR = 8;
/** Many texts that each come near the limit are a sign that a worse one was not tried. */
const MAX_BACKTRACKING_IN_ALL = 2_000_000;
/** Bounds the probe of patterns that do not backtrack: with a long cap, some texts are enough. */
const MAX_STEPS_IN_ALL = 10_000_000;

/**
 * Counts what adversarial texts at the length cap cost (SEC-114). Steps, not time: a busy host must not change which commands
 * it offers. Only for patterns of the safe subset. Throws `PatternRefusal`.
 */
export function probe(node: PatternNode, maxChars: number): void {
  const fix = 'bound the repeats, make neighbouring parts match different characters, or lower max_chars';
  const backtracker = createBacktracker(node);
  if (backtracker === undefined) throw new PatternRefusal('slow', 'is too large once its repeats are written out', fix);
  const linear = maxChars * STEPS_PER_CHAR;
  const limit = Math.max(MAX_STEPS_PER_VALUE, linear);
  let [total, backtracking] = [0, 0];
  for (const text of adversarialTexts(node, maxChars)) {
    const steps = backtracker.countSteps(text, limit);
    total += steps;
    backtracking += Math.max(0, steps - linear);
    if (steps > limit || backtracking > MAX_BACKTRACKING_IN_ALL) {
      throw new PatternRefusal('slow', `can take too long for a value of ${maxChars} characters`, fix);
    }
    if (total > MAX_STEPS_IN_ALL) return;
  }
}
