import { assertSafe } from './assert-safe.ts';
import { isNullable } from './pattern-node.ts';
import { PatternRefusal } from './pattern-refusal.ts';
import type { PatternReason } from './pattern-refusal.ts';
import { probe } from './probe.ts';
import { readPattern } from './read-pattern.ts';
import { translateForReference } from './reference-pattern.ts';

export interface TranslateOptions {
  /** `reference`: Python's meaning without our limits, for conformance. Default: `hardened`. */
  readonly dialect?: 'hardened' | 'reference';
  /** Accept ranges such as `[ -~]`, which take in more than one kind of character. */
  readonly allowWideRange?: boolean;
  /** Accept patterns that match the empty string. */
  readonly allowEmpty?: boolean;
  /** Code points of the longest value it will see. Default: 256. */
  readonly maxChars?: number;
}

export type Translation =
  | {
      readonly ok: true;
      /** `accept` when the pattern means the same in JavaScript as it stands. */
      readonly action: 'accept' | 'translate';
      /** JavaScript source for flag `u`, anchored as `^(?:…)$`. */
      readonly source: string;
      /** A class escape was narrowed from Unicode to ASCII. */
      readonly narrowed: boolean;
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly reason: PatternReason; readonly problem: string; readonly fix: string };

const MAX_PATTERN_CHARS = 512;
const DEFAULT_MAX_CHARS = 256;

/**
 * Translates a Python pattern for a full match, or refuses it (SEC-113, SEC-114). Never throws; a pattern that is taken
 * compiles with flag `u`, and no value of `maxChars` keeps it busy for more than 10 ms.
 */
export function translatePattern(python: string, options: TranslateOptions = {}): Translation {
  try {
    return options.dialect === 'reference' ? reference(python) : hardened(python, options);
  } catch (error) {
    if (error instanceof PatternRefusal) return { ok: false, reason: error.reason, problem: error.message, fix: error.fix };
    if (error instanceof SyntaxError)
      return { ok: false, reason: 'invalid', problem: `is no expression: ${error.message}`, fix: 'correct the pattern' };
    throw error;
  }
}

function hardened(python: string, options: TranslateOptions): Translation {
  const { allowWideRange = false, allowEmpty = false, maxChars = DEFAULT_MAX_CHARS } = options;
  if (Array.from(python).length > MAX_PATTERN_CHARS) {
    throw new PatternRefusal('too_long', `is longer than ${MAX_PATTERN_CHARS} characters`, 'shorten the pattern');
  }
  const { node, narrowed, translated } = readPattern(python, { allowWideRange });
  const source = `^(?:${node.text})$`;
  assertCompiles(source);
  assertSafe(node);
  if (!allowEmpty && isNullable(node)) {
    throw new PatternRefusal(
      'matches_empty',
      'matches the empty text',
      'use + instead of *, or add allow_empty = true to the parameter',
    );
  }
  probe(node, maxChars);
  const warnings = narrowed.map(
    (escape) => `${escape} takes ASCII only here; start the pattern with (?a) to say that this is meant`,
  );
  return { ok: true, action: translated ? 'translate' : 'accept', source, narrowed: narrowed.length > 0, warnings };
}

function reference(python: string): Translation {
  const text = translateForReference(python);
  const source = `^(?:${text})$`;
  assertCompiles(source);
  return { ok: true, action: text === python ? 'accept' : 'translate', source, narrowed: false, warnings: [] };
}

/** Throws `SyntaxError`. */
function assertCompiles(source: string): void {
  RegExp(source, 'u');
}
