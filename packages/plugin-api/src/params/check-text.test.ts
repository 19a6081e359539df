import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkText, PARAM_KINDS } from '../index.ts';
import type { ParamKind, ParamPolicy } from '../index.ts';

interface Pattern {
  readonly js_source: string;
  readonly python_pattern: string;
  readonly max_chars: number;
  readonly max_bytes: number;
  readonly guards: readonly string[];
  readonly min?: number;
  readonly max?: number;
}

interface ParamCase {
  readonly id: string;
  readonly pattern: ParamKind;
  readonly value?: unknown;
  readonly value_utf16?: readonly number[];
  readonly value_repeat?: { readonly prefix: string; readonly unit: string; readonly count: number; readonly suffix: string };
  readonly verdict: 'accept' | 'reject';
  readonly reason?: string;
}

const vectors = JSON.parse(readFileSync(new URL('../../../../test/vectors/hostile-params.json', import.meta.url), 'utf8')) as {
  readonly patterns: Readonly<Record<ParamKind, Pattern>>;
  readonly param_cases: readonly ParamCase[];
};

function valueOf(test: ParamCase): unknown {
  if (test.value_utf16 !== undefined) return String.fromCharCode(...test.value_utf16);
  const repeat = test.value_repeat;
  return repeat === undefined ? test.value : repeat.prefix + repeat.unit.repeat(repeat.count) + repeat.suffix;
}

describe('SEC-115 named kinds', () => {
  it('are exactly the published ones', () => {
    expect(Object.keys(PARAM_KINDS)).toEqual(Object.keys(vectors.patterns));
    for (const [name, pattern] of Object.entries(vectors.patterns)) {
      const policy = PARAM_KINDS[name as ParamKind];
      expect({ ...policy, guards: [...policy.guards] }, name).toEqual({
        source: pattern.js_source,
        shown: pattern.python_pattern,
        maxChars: pattern.max_chars,
        maxBytes: pattern.max_bytes,
        guards: pattern.guards,
        ...(pattern.min === undefined ? {} : { min: pattern.min }),
        ...(pattern.max === undefined ? {} : { max: pattern.max }),
      });
    }
  });

  it.each(vectors.param_cases)('SEC-110 SEC-111 SEC-112 SEC-115 $id: $pattern is $verdict $reason', (test) => {
    expect(checkText(PARAM_KINDS[test.pattern], valueOf(test))).toBe(test.verdict === 'accept' ? undefined : test.reason);
  });
});

describe('SEC-111 length comes first', () => {
  // A pattern that would need exponential time: reaching it at all would hang the test.
  const slow: ParamPolicy = { maxChars: 256, maxBytes: 256, source: '^(?:(?:a+)+)$', guards: [] };

  it('never runs the expression on a value over the cap', () => {
    expect(checkText(slow, `${'a'.repeat(100_000)}!`)).toBe('too_long');
  });

  it('counts code points, and bytes apart from them', () => {
    const policy: ParamPolicy = { maxChars: 3, maxBytes: 8, guards: [] };
    expect(checkText(policy, '😀😀')).toBeUndefined();
    expect(checkText(policy, '😀😀a')).toBe('too_long');
    expect(checkText(policy, 'abcd')).toBe('too_long');
  });

  it('reports a lone surrogate before the length, as the decision order says', () => {
    expect(checkText(slow, `\ud800${'a'.repeat(1_000)}`)).toBe('not_well_formed');
  });
});

describe('SEC-112 an opaque parameter', () => {
  const opaque: ParamPolicy = { maxChars: 99, maxBytes: 99, guards: [] };

  it('takes lines and any visible or invisible text', () => {
    expect(checkText(opaque, 'line one\n\u202eline two\u009b')).toBeUndefined();
  });

  it('refuses NUL, and the empty text unless it is allowed', () => {
    expect(checkText(opaque, 'a\0b')).toBe('control_char');
    expect(checkText(opaque, '')).toBe('empty');
    expect(checkText({ ...opaque, allowEmpty: true }, '')).toBeUndefined();
  });

  it('keeps its guards', () => {
    expect(checkText({ ...opaque, guards: ['no_leading_dash'] }, '-rf')).toBe('option_smuggling');
  });
});

describe('every kind', () => {
  it('answers any value with a known reason or accepts a string that its expression matches', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(PARAM_KINDS)),
        fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.anything()),
        (policy, value) => {
          const reason = checkText(policy, value);
          if (reason !== undefined) return;
          expect(typeof value).toBe('string');
          expect(new RegExp(policy.source ?? '', 'u').test(value as string)).toBe(true);
          expect((value as string).startsWith('-')).toBe(false);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
