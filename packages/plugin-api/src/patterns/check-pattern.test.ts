import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PARAM_KINDS } from '../index.ts';
import { checkPattern } from './check-pattern.ts';

describe('patterns as a schema holds them', () => {
  it.each([
    '^[a-z0-9-]+$',
    '^(?:a|b|c)$',
    '^[ -~]{1,200}$',
    '^\\d{4}-\\d{2}$',
    '^[\\w.-]+@[\\w-]+$',
    '^[a-z]+(?:/[a-z]+)*$',
    '^(?:|x)$',
    '^[\\u00c0-\\u00ff]+$',
    '^\\[x\\]$',
  ])('SEC-113: takes %s', (pattern) => {
    expect(checkPattern(pattern, 256)).toBeUndefined();
  });

  it.each(Object.entries(PARAM_KINDS))('takes the kind %s', (_, { source = '', maxChars }) => {
    expect(checkPattern(source, maxChars)).toBeUndefined();
  });

  it.each([
    ['^(a+)+$', /exponential time/u, /start every round/u],
    ['^(?:a|a)*$', /exponential time/u, /different characters/u],
    ['^(?:x?){20}(?:x?){20}y$', /./u, /./u],
    ['^(?:a|b|ab)*c$', /exponential time/u, /different characters/u],
    ['^a*a*a*a*b$', /exponential time/u, /./u],
  ])('SEC-114: refuses %s, and says what to write', (pattern, problem, fix) => {
    expect(checkPattern(pattern, 256)).toEqual({ problem: expect.stringMatching(problem), fix: expect.stringMatching(fix) });
  });

  it.each([
    ['^(?=a)a$', 'lookahead'],
    ['^(a)\\1$', 'backreference'],
    ['^(?<n>a)$', 'named group'],
    ['^[^][^]+$', 'empty class'],
    ['^[]a$', 'empty class'],
    ['^\\s*\\u00a0*x$', '\\s'],
    ['^[\\s]+$', '\\s'],
    ['^a$|^b$', 'away from the edge'],
    ['^($', 'is no expression'],
    [`^${'a'.repeat(600)}$`, 'longer than 512'],
  ])('SEC-113: refuses %s', (pattern, says) => {
    expect(checkPattern(pattern, 256)?.problem).toContain(says);
  });

  it('never throws, whatever it is given', () => {
    const piece = fc.constantFrom(
      'a',
      '[',
      ']',
      '(',
      ')',
      '*',
      '+',
      '?',
      '{2,}',
      '\\',
      'd',
      's',
      '^',
      '$',
      '|',
      '-',
      '(?:',
      '(?<',
      '.',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
        ),
        (pattern) => {
          checkPattern(pattern, 64);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('SEC-114: what it takes is matched quickly, as JavaScript reads it', () => {
    const piece = fc.constantFrom('a', 'b', '[ab]', '[^a]', '.', '\\d', '\\w', '(?:', ')', '*', '+', '?', '{1,9}', '|', 'ab');
    const text = fc.array(fc.constantFrom('a', 'b', 'ab', '1', '!'), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), text, (parts, unit) => {
        const pattern = `^(?:${parts.join('')})$`;
        if (checkPattern(pattern, 256) !== undefined) return;
        // One that took exponential time would not come back.
        new RegExp(pattern, 'u').test(`${unit.join('').repeat(256).slice(0, 255)}\u0001`);
      }),
      { numRuns: 3_000 },
    );
  });
});
