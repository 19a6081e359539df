import { describe, expect, it } from 'vitest';
import { matches } from './field-check.ts';

describe("an agent's pattern in the browser", () => {
  it('has to match the whole value', () => {
    expect(matches('[0-9]+|x', '12')).toBe(true);
    expect(matches('[0-9]+|x', '12;')).toBe(false);
    expect(matches('a|b', 'ab')).toBe(false);
  });

  it.each([
    ['too long', 'a'.repeat(201)],
    ['no pattern here', '[a-'],
    ['a dialect of its own', '(?P<x>a)'],
    ['a repeated group', '(a+)+$'],
    ['a repeated choice', '(a|a)*b'],
    ['a back reference', '(a)\\1'],
    ['many repeats', '.*.*.*.*.*.*x'],
  ])('is not run when it is %s', (_why, pattern) => {
    expect(matches(pattern, 'a'.repeat(200))).toBeNull();
  });

  it('is not run on a very long value', () => {
    expect(matches('a+', 'a'.repeat(257))).toBeNull();
  });
});
