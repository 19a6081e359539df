import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readStrictJson } from './json-reader.ts';
import { AGENT_JSON_LIMITS, HUB_JSON_LIMITS } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

const MEGABYTE = 1_048_576;

function kindOf(text: string, limits = AGENT_JSON_LIMITS): string {
  try {
    readStrictJson(text, limits);
    return 'read';
  } catch (error) {
    if (error instanceof ProtocolError) return error.kind;
    throw error;
  }
}

const object = (keys: number): string => `{${Array.from({ length: keys }, (_, index) => `"k${index}":0`).join(',')}}`;

describe('SEC-050: limits while reading', () => {
  test('32 levels are read, 33 and a million are not, whatever they are made of', () => {
    expect(kindOf('['.repeat(32) + ']'.repeat(32))).toBe('read');
    expect(kindOf('['.repeat(33) + ']'.repeat(33))).toBe('too_deep');
    expect(kindOf('['.repeat(1_000_000))).toBe('too_deep');
    expect(kindOf('{"a":'.repeat(200_000))).toBe('too_deep');
  });

  test('20,000 values are read on the agent, one more is not; the hub reads 200,000', () => {
    const list = (items: number): string => `[${'1,'.repeat(items - 1)}1]`;
    expect(kindOf(list(19_999))).toBe('read');
    expect(kindOf(list(20_000))).toBe('too_many_nodes');
    expect(kindOf(list(199_999), HUB_JSON_LIMITS)).toBe('read');
    expect(kindOf(list(200_000), HUB_JSON_LIMITS)).toBe('too_many_nodes');
  });

  test('1,000 keys an object are read on the agent, 10,000 on the hub; half a million are not', () => {
    expect(kindOf(object(1000))).toBe('read');
    expect(kindOf(object(1001))).toBe('too_many_keys');
    expect(kindOf(object(10_000), HUB_JSON_LIMITS)).toBe('read');
    expect(kindOf(object(10_001), HUB_JSON_LIMITS)).toBe('too_many_keys');
    expect(kindOf(object(500_000))).toBe('too_many_keys');
  });

  test('the same key over and over counts every time', () => {
    expect(kindOf(`{${'"a":0,'.repeat(1000)}"a":0}`)).toBe('too_many_keys');
  });

  test.each(['1e400', '-1e400', '9'.repeat(400), '9'.repeat(MEGABYTE)])('a number too large to hold is refused', (number) => {
    expect(kindOf(`[${number}]`)).toBe('number_not_finite');
  });

  test.each([
    'NaN',
    'Infinity',
    '-Infinity',
    '[NaN]',
    '-',
    '01',
    '1.',
    '.5',
    '+1',
    '0x1',
    '1e',
    '[1,]',
    '{"a":1,}',
    "{'a':1}",
    '[1]x',
    '',
    ' ',
    'nul',
    '\uFEFF1',
    '/**/1',
    '{"a"}',
    '{"a" 1}',
    '{a:1}',
    '[',
    '{',
    '"',
    '"\\',
    '"a\nb"',
    '"\\x"',
    '"\\u12g4"',
    '"\\ud83',
    'tru',
    '[1 2]',
  ])('not JSON: %j', (text) => expect(kindOf(text)).toBe('invalid_json'));

  test('duplicate keys are reported at any level, however they are escaped', () => {
    expect(readStrictJson('{"a":1,"b":{"a":1}}', AGENT_JSON_LIMITS).duplicateKey).toBe(false);
    expect(readStrictJson('{"x":[{"a":1,"\\u0061":2}]}', AGENT_JSON_LIMITS)).toMatchObject({
      duplicateKey: true,
      value: { x: [{ a: 2 }] },
    });
    expect(readStrictJson('{"1":0,"1":0}', AGENT_JSON_LIMITS).duplicateKey).toBe(true);
  });
});

describe('SEC-051: objects inherit nothing', () => {
  test.each(['__proto__', 'constructor', 'prototype'])('the key %s is refused anywhere, escaped or not', (key) => {
    const escaped = `\\u${key.charCodeAt(0).toString(16).padStart(4, '0')}${key.slice(1)}`;
    for (const name of [key, escaped]) {
      expect(kindOf(`{"${name}":{"x":1}}`)).toBe('forbidden_key');
      expect(kindOf(`[{"a":{"${name}":null}}]`)).toBe('forbidden_key');
    }
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  test('what was not sent is not there', () => {
    const value = readStrictJson('{"a":{}}', AGENT_JSON_LIMITS).value as Record<string, Record<string, unknown>>;
    for (const name of ['toString', 'hasOwnProperty', 'constructor', '__proto__', 'valueOf']) {
      expect(value[name]).toBeUndefined();
      expect(name in (value['a'] ?? {})).toBe(false);
    }
  });

  test('reading never changes what later objects inherit', () => {
    const first = readStrictJson('{"toString":1,"valueOf":2}', AGENT_JSON_LIMITS).value;
    expect(first).toMatchObject({ toString: 1, valueOf: 2 });
    expect((readStrictJson('{}', AGENT_JSON_LIMITS).value as Record<string, unknown>)['toString']).toBeUndefined();
  });
});

describe('SEC-055: strings are well-formed', () => {
  test.each(['"\\ud800"', '"\\udc00\\ud800"', '{"\\ud800":1}', '"\\ud83dx"', '"\ud800"'])(
    'a lone surrogate is refused: %j',
    (text) => {
      expect(kindOf(text)).toBe('not_well_formed');
    },
  );

  test('a pair is one character, in two escapes or one and a half', () => {
    expect(readStrictJson('"\\ud83d\\ude00"', AGENT_JSON_LIMITS).value).toBe('😀');
  });
});

test('whatever JSON.stringify writes is read back', () => {
  const safe = fc
    .jsonValue({ maxDepth: 6, stringUnit: 'grapheme', noUnicodeString: false } as object)
    .filter((value) => !/__proto__|constructor|prototype/.test(JSON.stringify(value)));
  fc.assert(
    fc.property(safe, fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      expect(JSON.stringify(readStrictJson(text, HUB_JSON_LIMITS).value)).toBe(JSON.stringify(JSON.parse(text)));
    }),
  );
});

test('accepts and refuses the same texts as JSON.parse, limits and surrogates apart', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '1',
    '-',
    '0',
    '.5',
    'e3',
    'true',
    'null',
    ' ',
    '\\',
    '\\n',
    'u0041',
    '\n',
    'x',
  );
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
      (text) => {
        let reference = 'read';
        try {
          JSON.parse(text, (_key, value: unknown) => {
            if (value === Infinity || value === -Infinity) reference = 'number_not_finite';
            return value;
          });
        } catch {
          reference = 'invalid_json';
        }
        // Of two faults the first is told.
        const mayBe = reference === 'invalid_json' && /\de\d{3}/u.test(text) ? [reference, 'number_not_finite'] : [reference];
        expect(mayBe).toContain(kindOf(text));
      },
    ),
    { numRuns: 3000, examples: [['1e310{'], ['1e310']] },
  );
});
