import { translatePattern } from '@stormpulse/plugin-custom-commands/language';
import type { Dialect } from '@stormpulse/protocol';
import { expectSame, fail } from './cases.ts';
import { text } from './vectors.ts';
import type { Vector } from './vectors.ts';

interface Sample {
  readonly text: string;
  readonly match: boolean;
}

/** A Python pattern is taken, translated or refused as the vector says, and then means the same. */
export function checkPattern(vector: Vector, dialect: Dialect): void {
  const pattern = text(vector, 'python_pattern');
  const samples = (vector['samples'] ?? []) as readonly Sample[];
  if (dialect === 'reference') {
    for (const sample of samples)
      expectSame(`matches ${JSON.stringify(sample.text)}`, matchesInReference(pattern, sample.text), sample.match);
    return;
  }
  // The empty text is let in only where the parameter says so; a vector says so by a sample.
  const allowEmpty = samples.some((sample) => sample.text === '' && sample.match);
  const translation = translatePattern(pattern, { allowEmpty });
  if (!translation.ok) return expectSame('action', `refuse: ${translation.problem}`.slice(0, 6), vector['action']);
  expectSame('action', translation.action, vector['action']);
  expectSame('js_source', translation.source, vector['js_source']);
  expectSame('narrowed', translation.narrowed, vector['narrowed'] ?? false);
  const expression = new RegExp(translation.source, 'u');
  for (const sample of samples) expectSame(`matches ${JSON.stringify(sample.text)}`, expression.test(sample.text), sample.match);
}

/** Whether Python's `re.fullmatch` would match. */
export function matchesInReference(pattern: string, value: string): boolean {
  const reference = translatePattern(pattern, { dialect: 'reference' });
  // A strict translation that narrowed nothing means the same in Python.
  const translation = reference.ok ? reference : translatePattern(pattern, { allowEmpty: true, allowWideRange: true });
  if (!translation.ok || translation.narrowed) return fail(`the pattern ${pattern} has no reading in the reference dialect`);
  return new RegExp(translation.source, 'u').test(value);
}
