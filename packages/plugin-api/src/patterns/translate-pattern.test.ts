import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { translatePattern } from './translate-pattern.ts';
import { adversarialTexts } from './adversarial-texts.ts';
import { createBacktracker } from './backtrack.ts';
import { readPattern } from './read-pattern.ts';

interface RegexCase {
  readonly id: string;
  readonly python_pattern: string;
  readonly action: 'accept' | 'translate' | 'refuse';
  readonly js_source?: string;
  readonly narrowed?: boolean;
  readonly samples?: readonly { readonly text: string; readonly match: boolean }[];
}

const vectors = JSON.parse(readFileSync(new URL('../../../../test/vectors/hostile-params.json', import.meta.url), 'utf8')) as {
  readonly regex_cases: readonly RegexCase[];
  readonly patterns: Readonly<
    Record<string, { readonly python_pattern: string; readonly js_source: string; readonly max_chars: number }>
  >;
  readonly param_cases: readonly { id: string; pattern: string; value?: unknown; reference_regex_matches?: boolean }[];
};

const reasonOf = (pattern: string, options: Parameters<typeof translatePattern>[1] = {}): string => {
  const result = translatePattern(pattern, options);
  return result.ok ? result.action : result.reason;
};

describe('SEC-113 translate or refuse', () => {
  it.each(vectors.regex_cases)('SEC-113 $id: $action $python_pattern', (test) => {
    const allowEmpty = test.samples?.some(({ text, match }) => text === '' && match) ?? false;
    const result = translatePattern(test.python_pattern, { allowEmpty });
    expect(result.ok ? result.action : 'refuse').toBe(test.action);
    if (!result.ok) return;
    expect(result.source).toBe(test.js_source);
    expect(result.narrowed).toBe(test.narrowed ?? false);
    expect(result.warnings.length > 0).toBe(result.narrowed);
    for (const { text, match } of test.samples ?? [])
      expect(new RegExp(result.source, 'u').test(text), JSON.stringify(text)).toBe(match);
  });

  it.each(Object.entries(vectors.patterns))('SEC-113 takes the pattern of kind %s as it stands', (_kind, pattern) => {
    expect(translatePattern(pattern.python_pattern, { maxChars: pattern.max_chars })).toMatchObject({
      ok: true,
      source: pattern.js_source,
    });
  });

  it.each([
    ['a**', 'invalid'],
    ['*a', 'invalid'],
    ['{2}', 'invalid'],
    ['a{3,2}', 'invalid'],
    ['[b-a]', 'invalid'],
    ['[a-\\d]', 'invalid'],
    ['[a', 'invalid'],
    ['a)', 'invalid'],
    ['a\\', 'invalid'],
    ['\\q', 'invalid'],
    ['\\x4', 'invalid'],
    ['\\U00110000', 'invalid'],
    ['(?P<a>x)(?P<a>y)', 'invalid'],
    ['(?<n>a)', 'invalid'],
    ['a{,}', 'unsupported'],
    ['a{2}+', 'unsupported'],
    ['\\ud83d\\ude00', 'unsupported'],
    ['a^b', 'unsupported'],
    ['(^a)', 'unsupported'],
    ['^^a', 'unsupported'],
    ['^*a', 'unsupported'],
    ['a\\Ab', 'unsupported'],
    ['a|b(?a)c', 'unsupported'],
    ['[é]', 'unsupported'],
    ['[a&&b]', 'unsupported'],
    ['[ -~]', 'wide_range'],
    ['[0-z]', 'wide_range'],
    ['a{1001}', 'too_many_repeats'],
    ['(?:a{40}){40}', 'too_many_repeats'],
    ['a'.repeat(513), 'too_long'],
    ['x?', 'matches_empty'],
  ])('SEC-113 %s is %s', (pattern, reason) => {
    expect(reasonOf(pattern)).toBe(reason);
  });

  it.each([
    ['a{}', '^(?:a\\{\\})$'],
    ['a{x}', '^(?:a\\{x\\})$'],
    ['[\\w.-]+', '^(?:[A-Za-z0-9_.-]+)$'],
    ['[-a]', '^(?:[-a])$'],
    ['[^\\^\\-\\]]', '^(?:[^\\^\\-\\]])$'],
    ['\\ \\,', '^(?: ,)$'],
    ['[\\x20-\\x7e]+', '^(?:[\\x20-\\x7e]+)$'],
    ['é+', '^(?:é+)$'],
  ])('SEC-113 %s becomes %s', (pattern, source) => {
    expect(translatePattern(pattern)).toMatchObject({ ok: true, source });
  });

  it('SEC-113 takes a wide range when the operator says so', () => {
    expect(reasonOf('[ -~]+', { allowWideRange: true })).toBe('accept');
    expect(reasonOf('[~- ]+', { allowWideRange: true })).toBe('invalid');
  });
});

describe('SEC-114 no pattern can be made slow', () => {
  it.each([
    '(a+)+',
    '(a*)*b',
    '(?:[a-z]+/)+',
    '(?:a|ab|b)*c',
    '(?:(?:a?)?)*b',
    '(?:a|)+b',
    '.*.*x',
    '[a-z]+[0-9]?[a-z]+',
    '(?:a+b?){2,30}c',
    '(?:/+[a-z]+/*)*x',
    '(?:aa?)*b',
    '(?:\\.a?a?)*b',
    '(?:\\.x?a?x?)*b',
    '(?:a|b(?:a?b)?)*c',
    '(?:a{1,30}){1,30}b',
    '(?:a{0,20}b?){1,20}c',
    '(?:a?){30}b',
    '(?:[a-z]+ ?){1,20}!',
  ])('SEC-114 %s is refused by rule, before anything runs', (pattern) => {
    expect(reasonOf(pattern)).toBe('ambiguous');
  });

  it.each(['(.*?,){7}P', '[a-z]{1,300}[a-z]{1,300}[a-z]{1,300}0', '(?:aa?b?){7}(?:aa?b?){7}(?:aa?b?){7}c'])(
    'SEC-114 %s is refused by the probe',
    (pattern) => {
      expect(reasonOf(pattern)).toBe('slow');
    },
  );

  it.each([
    '(?:/[a-z]+)*x',
    '[a-z]+(?:,[a-z]+)*',
    '(?:foo|bar|baz)+',
    'https?://[a-z.-]+(?:/[a-z.-]*)*',
    '.*x.*',
    '[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]',
  ])('SEC-114 %s is taken', (pattern) => {
    expect(translatePattern(pattern).ok).toBe(true);
  });

  it('SEC-114 the cap on the length decides: the same pattern is slow for long values only', () => {
    expect(reasonOf('.*x.*y.*z', { maxChars: 40 })).toBe('translate');
    expect(reasonOf('.*x.*y.*z', { maxChars: 4_096 })).toBe('slow');
  });
});

/** Patterns of the grammar, safe and unsafe ones alike. */
const patterns = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('a', 'b', 'ab', '.', '[ab]', '[^a]', '[a-c]', '\\d', '\\w', '/', '-', 'x{2}', '\\.'),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
    fc
      .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{0,3}', '{1,20}', '{2,}', '+?'))
      .map(([a, q]) => `(?:${a})${q}`),
  ),
})).pattern;

describe('SEC-114 properties', () => {
  it('never throws, and what it takes compiles', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), patterns), fc.boolean(), (pattern, allowEmpty) => {
        const result = translatePattern(pattern, { allowEmpty, maxChars: 32 });
        if (result.ok) expect(new RegExp(result.source, 'u').flags).toBe('u');
        else expect(result.problem).not.toBe('');
      }),
      { numRuns: 3_000 },
    );
  });

  it('SEC-114 the worst text for a pattern that is taken stays under the limit, also for an engine that backtracks', () => {
    fc.assert(
      fc.property(
        patterns,
        fc.array(fc.constantFrom('a', 'b', 'ab', '/', '-', '.', 'x', '0'), { maxLength: 6 }),
        (pattern, words) => {
          const result = translatePattern(pattern, { allowEmpty: true, maxChars: 64 });
          if (!result.ok) return;
          const { node } = readPattern(pattern, { allowWideRange: false });
          const expression = new RegExp(result.source, 'u');
          const word = words.join('');
          const own = word === '' ? [] : [`${word.repeat(Math.ceil(60 / word.length)).slice(0, 60)}!`];
          for (const text of [...[...adversarialTexts(node, 64)].slice(0, 40), ...own]) {
            expect(createBacktracker(node)?.countSteps(text, 400_000), `${pattern} on ${text}`).toBeLessThanOrEqual(400_000);
            expression.test(text);
          }
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('SEC-113 a pattern that is accepted as it stands means the same to an engine without the flag', () => {
    fc.assert(
      fc.property(patterns, fc.stringMatching(/^[abcx/0.-]{0,8}$/u), (pattern, text) => {
        const result = translatePattern(pattern, { allowEmpty: true, maxChars: 32 });
        if (!result.ok || result.action !== 'accept') return;
        expect(new RegExp(result.source, 'u').test(text)).toBe(new RegExp(`^(?:${pattern})$`).test(text));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the reference dialect', () => {
  const matches = (pattern: string, text: string): boolean => {
    const result = translatePattern(pattern, { dialect: 'reference' });
    if (!result.ok) throw new Error(result.problem);
    return new RegExp(result.source, 'u').test(text);
  };

  it.each([
    ['\\d+', '٣٤', true],
    ['\\w+', 'naïve', true],
    ['\\s', '\u00a0', true],
    ['\\s', '\ufeff', false],
    ['\\s', '\u001c', true],
    ['\\D', 'x', true],
    ['[^\\w]+', '--', true],
    ['a.b', 'a\rb', true],
    ['a.b', 'a\nb', false],
    ['a$\\n?', 'a\n', true],
    ['(?P<q>[\'"])x(?P=q)', '"x"', true],
    ['(?!-)[a-z-]+', '-a', false],
    ['\\bweb\\b', 'web', true],
    ['(a+)+', 'aaa', true],
    ['a{,3}', '', true],
    ['[]a]+', ']a', true],
    ['\\012', '\n', true],
    ['\\Aab\\Z', 'ab', true],
    ['a]}{', 'a]}{', true],
  ])('%s matches %j: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it.each(['(', '[a', '\\q', 'a**'])('%s is invalid', (pattern) => {
    expect(reasonOf(pattern, { dialect: 'reference' })).toBe('invalid');
  });

  it('says what the bare pattern says of every published value', () => {
    for (const test of vectors.param_cases) {
      if (typeof test.value !== 'string' || test.reference_regex_matches === undefined) continue;
      const pattern = vectors.patterns[test.pattern]?.python_pattern ?? '';
      expect(matches(pattern, test.value), test.id).toBe(test.reference_regex_matches);
    }
  });
});
