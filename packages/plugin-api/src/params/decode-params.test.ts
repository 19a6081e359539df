import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeParams, param, Type } from '../index.ts';
import type { DecodedParams, TObject } from '../index.ts';

interface CanonicalCase {
  readonly id: string;
  readonly declared: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly verdict: string;
  readonly reason?: string;
}

const vectors = JSON.parse(readFileSync(new URL('../../../../test/vectors/hostile-params.json', import.meta.url), 'utf8')) as {
  readonly canonical_cases: readonly CanonicalCase[];
};

const reasons = (result: DecodedParams): unknown => (result.ok ? [] : result.refusals.map(({ name, reason }) => [name, reason]));
const decode = (schema: TObject, wire: Record<string, unknown>): DecodedParams =>
  decodeParams(schema, wire as Record<string, string>);

const OPAQUE = { 'x-param': { maxChars: 99, maxBytes: 99, guards: [] } } as const;

describe('names', () => {
  const own = ['bad_param_key', 'unknown_param', 'not_a_string'];

  it.each(vectors.canonical_cases.filter((test) => test.verdict === 'accept' || own.includes(test.reason ?? '')))(
    'SEC-111 $id: $verdict $reason',
    (test) => {
      const schema = Type.Object(Object.fromEntries(test.declared.map((name) => [name, Type.Optional(Type.String(OPAQUE))])));
      const result = decode(schema, test.params);
      expect(result.ok).toBe(test.verdict === 'accept');
      if (!result.ok) expect(result.refusals[0]?.reason).toBe(test.reason);
    },
  );

  it('refuses a parameter of a command that takes none', () => {
    expect(reasons(decode(Type.Object({}), { x: '1' }))).toEqual([['x', 'unknown_param']]);
  });

  it('reports every refusal, names first', () => {
    const schema = Type.Object({ service: param('service_name'), lines: param('lines_count'), where: param('hostname') });
    const result = decode(schema, { service: '--follow', 'a b': 'x', extra: '1', lines: '007' });
    expect(reasons(result)).toEqual([
      ['a b', 'bad_param_key'],
      ['extra', 'unknown_param'],
      ['service', 'option_smuggling'],
      ['lines', 'non_canonical_number'],
      ['where', 'missing_param'],
    ]);
  });
});

describe('spelling', () => {
  const integer = Type.Object({ n: Type.Integer({ minimum: -5, maximum: 50 }) });

  it.each(['0', '-5', '50', '7'])('reads the whole number %s', (text) => {
    expect(decode(integer, { n: text })).toEqual({ ok: true, values: { n: Number(text) } });
  });

  it.each(['', '-0', '+1', '01', '1.0', '1e1', '0x1', ' 1', '1 ', '1_0', '٣', 'true', 'NaN', '9007199254740993'])(
    'refuses "%s" as a whole number',
    (text) => {
      expect(reasons(decode(integer, { n: text }))).toEqual([['n', 'bad_spelling']]);
    },
  );

  it.each(['-6', '51'])('refuses %s, which is out of bounds', (text) => {
    expect(reasons(decode(integer, { n: text }))).toEqual([['n', 'out_of_range']]);
  });

  it('reads a number in its shortest form only', () => {
    const schema = Type.Object({ n: Type.Number() });
    expect(decode(schema, { n: '0.5' })).toEqual({ ok: true, values: { n: 0.5 } });
    for (const text of ['.5', '0.50', '5e-1', 'Infinity', ''])
      expect(reasons(decode(schema, { n: text }))).toEqual([['n', 'bad_spelling']]);
  });

  it('reads true and false, and nothing else, as a boolean', () => {
    const schema = Type.Object({ on: Type.Boolean() });
    expect(decode(schema, { on: 'false' })).toEqual({ ok: true, values: { on: false } });
    for (const text of ['True', '1', 'yes', '']) expect(reasons(decode(schema, { on: text }))).toEqual([['on', 'bad_spelling']]);
  });

  it("reads an enum's text", () => {
    const schema = Type.Object({
      level: Type.Union([Type.Literal('low'), Type.Literal(2), Type.Literal(true)]),
      one: Type.Literal('x'),
    });
    expect(decode(schema, { level: '2', one: 'x' })).toEqual({ ok: true, values: { level: 2, one: 'x' } });
    expect(reasons(decode(schema, { level: 'high', one: 'y' }))).toEqual([
      ['level', 'bad_spelling'],
      ['one', 'bad_spelling'],
    ]);
  });

  it('never coerces what is no string', () => {
    for (const value of [1, null, true, ['1'], {}])
      expect(reasons(decode(integer, { n: value }))).toEqual([['n', 'not_a_string']]);
  });

  it('says of one whole number what the property says of all', () => {
    fc.assert(
      fc.property(fc.oneof(fc.integer().map(String), fc.string(), fc.stringMatching(/^[-+0-9.e]{1,6}$/u)), (text) => {
        const result = decode(Type.Object({ n: Type.Integer() }), { n: text });
        if (result.ok) expect(String(result.values['n'])).toBe(text);
      }),
    );
  });
});

describe('defaults', () => {
  it('are used, typed, and checked like a received value', () => {
    const schema = Type.Object({ lines: param('lines_count', { default: '100' }), deep: Type.Boolean({ default: false }) });
    expect(decode(schema, {})).toEqual({ ok: true, values: { lines: '100', deep: false } });
    expect(reasons(decode(Type.Object({ lines: param('lines_count', { default: 'all' }) }), {}))).toEqual([
      ['lines', 'pattern_mismatch'],
    ]);
  });

  it('leave an optional parameter out', () => {
    expect(decode(Type.Object({ a: Type.Optional(Type.String()) }), {})).toEqual({ ok: true, values: {} });
  });
});

describe('messages', () => {
  const message = (schema: TObject, wire: Record<string, unknown>): string => {
    const result = decode(schema, wire);
    return result.ok ? '' : result.refusals.map((refusal) => refusal.message).join('\n');
  };

  it('say what was given and what was expected', () => {
    expect(message(Type.Object({ lines: param('lines_count') }), { lines: '0' })).toBe(
      'parameter "lines": "0" is out of range; expected [0-9]{1,5}, at most 5 characters and 5 bytes, 1 to 99999',
    );
  });

  it('escape and cut what they quote', () => {
    const text = message(Type.Object({ t: Type.String() }), { t: `\u001b]0;x\u0007\u202e${'z'.repeat(100_000)}` });
    expect(text).not.toMatch(/[\u0000-\u001f\u202e]/u);
    expect(text).toContain('…');
    expect(text.length).toBeLessThan(600);
  });

  it('SEC-116 never quote a secret value', () => {
    const schema = Type.Object({
      token: Type.String({ pattern: '^[0-9]+$', 'x-secret': true }),
      pin: Type.Integer({ 'x-secret': true }),
    });
    const text = message(schema, { token: 'canary-7f3a', pin: 'canary-7f3a' });
    expect(text).toContain('secret, 11 characters');
    expect(text).not.toContain('canary');
  });
});
