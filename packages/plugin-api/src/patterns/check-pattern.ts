import { assertSafe } from './assert-safe.ts';
import { PatternRefusal } from './pattern-refusal.ts';
import { probe } from './probe.ts';
import { readPattern } from './read-pattern.ts';

/** Why a pattern is not taken: `problem` goes on after it, `fix` says what to write. */
export interface PatternProblem {
  readonly problem: string;
  readonly fix: string;
}

const MAX_PATTERN_CHARS = 512;

/**
 * What speaks against a pattern of a parameter, written for JavaScript with flag `u` as a schema holds it, before anything is matched
 * with it (SEC-113, SEC-114). Undefined: no value of `maxChars` code points keeps it busy for more than 10 ms. Never throws.
 */
export function checkPattern(pattern: string, maxChars: number): PatternProblem | undefined {
  try {
    assertPattern(pattern, maxChars);
    return undefined;
  } catch (error) {
    if (error instanceof PatternRefusal) return { problem: error.message, fix: error.fix };
    if (error instanceof SyntaxError) return { problem: `is no expression: ${error.message}`, fix: 'correct the pattern' };
    throw error;
  }
}

function assertPattern(pattern: string, maxChars: number): void {
  if (Array.from(pattern).length > MAX_PATTERN_CHARS)
    throw new PatternRefusal('too_long', `is longer than ${MAX_PATTERN_CHARS} characters`, 'shorten the pattern');
  // First, so that only what JavaScript reads too is read: what would mean something else there is refused below.
  RegExp(pattern, 'u');
  if (/\[\^?\]/u.test(pattern))
    throw new PatternRefusal('unsupported', 'has an empty class', 'name the characters; within a class write \\[ for "["');
  if (/(?:^|[^\\])(?:\\\\)*\(\?<[A-Za-z_$]/u.test(pattern))
    throw new PatternRefusal('unsupported', 'has a named group', 'write (?: instead, nobody reads the name');
  const { node, narrowed } = readPattern(pattern, { allowWideRange: true });
  if (narrowed.includes('\\s'))
    throw new PatternRefusal(
      'unsupported',
      'has \\s, which takes in spaces nobody sees',
      'write a space, or the characters meant',
    );
  assertSafe(node);
  probe(node, maxChars);
}
