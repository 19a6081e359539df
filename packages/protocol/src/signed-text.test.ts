import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ambiguousParams } from './ambiguity.ts';
import { canonicalParams, canonicalRequest, canonicalSequence } from './canonical.ts';
import { compareCodePoints } from './code-point-order.ts';
import { nodeCrypto } from './node.ts';
import { ProtocolError } from './protocol-error.ts';
import { hmacHex, signRequest, signSequence, verifySignature } from './signature.ts';
import { checkRequestFields, checkSequenceFields } from './signed-fields.ts';

const key = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
const ts = '2026-03-04T05:06:07Z';
const nonce = 'Zk3v0yq9J1c4n8b7s6d5f4g3h2j1k0l9_-Aa';

describe('canonical text', () => {
  test('the worked example of the wire page', () => {
    const request = { command: 'docker_logs', params: { tail_lines: '250', docker_service_name: 'web' }, nonce, ts };
    expect(canonicalRequest(request)).toBe(`v1\ndocker_logs\ndocker_service_name=web&tail_lines=250\n${nonce}\n${ts}`);
    expect(signRequest(nodeCrypto, key, request)).toBe('cd32ee842fbba08dae6cdf141fa3fdddcf010a9a8e978c4ca36509e44daf3a9b');
  });

  test('B2, B3: names are in code-point order', () => {
    expect(canonicalParams({ b: '1', a: '2', B: '3' })).toBe('B=3&a=2&b=1');
    expect(canonicalParams({ '9': 'x', '10': 'x', '\u{1F600}': 'x', '\uFF5E': 'x', _: 'x' })).toBe(
      '10=x&9=x&_=x&\uFF5E=x&\u{1F600}=x',
    );
  });

  test('code-point order is the order of the code points', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'é', '\uFF5E', '\uE000', '\u{1F600}', '\u{1F601}', '\u{10FFFF}', '\uFFFF'),
      maxLength: 5,
    });
    const codes = (value: string): string =>
      Array.from(
        value,
        (character) => String.fromCodePoint(0x40000 + (character.codePointAt(0)! >> 1)) + (character.codePointAt(0)! & 1),
      ).join('');
    fc.assert(
      fc.property(text, text, (a, b) => {
        const expected = codes(a) === codes(b) ? 0 : codes(a) < codes(b) ? -1 : 1;
        expect(Math.sign(compareCodePoints(a, b))).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

interface Request {
  readonly command: string;
  readonly params: Record<string, string>;
  readonly nonce: string;
}

interface Sequence {
  readonly sequence_id: string;
  readonly commands: string[];
  readonly stop_on_failure: boolean;
  readonly nonce: string;
}

const NAMES = ['a', 'b', 'ab', 'c'];
const hostile = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '=', '&', '\n', ',', 'true', '1', 'a=', '&b='), maxLength: 8 });
const requests: fc.Arbitrary<Request> = fc.record({
  command: hostile,
  params: fc.dictionary(fc.oneof(fc.constantFrom(...NAMES), hostile), hostile, { maxKeys: 4 }),
  nonce: hostile,
});
const sequences: fc.Arbitrary<Sequence> = fc.record({
  sequence_id: hostile,
  commands: fc.array(hostile, { maxLength: 3 }),
  stop_on_failure: fc.boolean(),
  nonce: hostile,
});

const sortedEntries = (params: Record<string, string>): unknown =>
  Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1));

/** Text and meaning of an accepted message; undefined when it is refused. */
function accepted(message: Request | Sequence): { readonly text: string; readonly meaning: string } | undefined {
  if ('params' in message) {
    if (checkRequestFields(message, NAMES) !== undefined) return undefined;
    const params = sortedEntries(message.params);
    return {
      text: canonicalRequest({ ...message, ts }),
      meaning: JSON.stringify(['request', message.command, params, message.nonce]),
    };
  }
  if (checkSequenceFields(message) !== undefined) return undefined;
  const { sequence_id: id, commands, stop_on_failure: stop } = message;
  return {
    text: canonicalSequence({ ...message, ts }),
    meaning: JSON.stringify(['sequence', id, commands, stop, message.nonce]),
  };
}

describe('SEC-054: an accepted text has one reading', () => {
  test('no two accepted messages share a text', () => {
    const readings = new Map<string, string>();
    let taken = 0;
    fc.assert(
      fc.property(fc.array(fc.oneof(requests, sequences), { minLength: 50, maxLength: 100 }), (messages) => {
        for (const message of messages) {
          const read = accepted(message);
          if (read === undefined) continue;
          taken += 1;
          expect(readings.get(read.text) ?? read.meaning).toBe(read.meaning);
          readings.set(read.text, read.meaning);
        }
      }),
      { numRuns: 1500 },
    );
    expect(taken).toBeGreaterThan(1000);
  });

  test('100,000 random dictionaries over the declared names: accepted ones never share a text', () => {
    const value = fc.string({ unit: fc.constantFrom('1', '&', '=', 'a', 'b', '&b=', '&a=', '\n'), maxLength: 4 });
    const dictionary = fc.record({ a: value, b: value, ab: value }, { requiredKeys: [] });
    const readings = new Map<string, string>();
    fc.assert(
      fc.property(fc.array(dictionary, { minLength: 1000, maxLength: 1000 }), (dictionaries) => {
        for (const params of dictionaries as Record<string, string>[]) {
          if (ambiguousParams(NAMES, params)) continue;
          const meaning = JSON.stringify(sortedEntries(params));
          const text = canonicalParams(params);
          expect(readings.get(text) ?? meaning).toBe(meaning);
          readings.set(text, meaning);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('the rows of the collision table are refused on one side at least', () => {
    expect(ambiguousParams(['a', 'b'], { a: '1&b=2' })).toBe(true);
    expect(ambiguousParams(['a', 'b'], { a: '1', b: '2' })).toBe(false);
    expect(ambiguousParams(['a=b', 'a'], { a: 'b=c' })).toBe(false);
    expect(ambiguousParams(['a'], { b: 'x' })).toBe(true);
    expect(ambiguousParams([], {})).toBe(false);
  });
});

describe('signing', () => {
  const request = { command: 'c', params: { a: '1' }, nonce, ts };
  const sequence = { sequence_id: 's', commands: ['a'], stop_on_failure: true, nonce, ts };
  const reasonOf = (sign: () => string): string => {
    try {
      return sign();
    } catch (error) {
      return error instanceof ProtocolError ? (error.reason ?? error.kind) : 'other';
    }
  };

  test.each([
    ['bad_command', { command: 'a\nb' }],
    ['bad_nonce', { nonce: '' }],
    ['bad_nonce', { nonce: 'l2\nN' }],
    ['bad_param_key', { params: { 'a=b': 'c' } }],
    ['not_well_formed', { params: { a: '\ud800' } }],
    ['ambiguous_params', { params: { a: '1&b=2' } }],
    ['unsignable', { ts: '2026-03-04T05:06:07.1Z' }],
    ['unsignable', { ts: '2026-03-04T05:06:07+00:00' }],
  ])('a request is not signed: %s', (reason, changes) => {
    expect(reasonOf(() => signRequest(nodeCrypto, key, { ...request, ...changes }, ['a', 'b']))).toBe(reason);
  });

  test("without declared names the parameters' own are taken", () => {
    expect(reasonOf(() => signRequest(nodeCrypto, key, { ...request, params: { a: '1&a=2' } }))).toBe('ambiguous_params');
    expect(reasonOf(() => signRequest(nodeCrypto, key, { ...request, params: { a: 'x&y=1' } }))).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ['empty_sequence', { commands: [] }],
    ['bad_commands', { commands: ['a,b'] }],
    ['bad_commands', { commands: ['k=v'] }],
    ['bad_commands', { commands: [''] }],
    ['too_many_commands', { commands: Array.from({ length: 33 }, () => 'a') }],
    ['bad_sequence_id', { sequence_id: 's\na' }],
  ])('a sequence is not signed: %s', (reason, changes) => {
    expect(reasonOf(() => signSequence(nodeCrypto, key, { ...sequence, ...changes }))).toBe(reason);
  });

  test('SEC-055: a text with a lone surrogate is neither signed nor verified as U+FFFD', () => {
    const replaced = hmacHex(nodeCrypto, key, 'a\uFFFD');
    expect(() => hmacHex(nodeCrypto, key, 'a\ud800')).toThrow(ProtocolError);
    expect(verifySignature(nodeCrypto, key, 'a\uFFFD', replaced)).toBe(true);
    expect(verifySignature(nodeCrypto, key, 'a\ud800', replaced)).toBe(false);
  });

  test('SEC-057: only 64 lower-case hex digits are compared', () => {
    const hmac = hmacHex(nodeCrypto, key, 'text');
    expect(verifySignature(nodeCrypto, key, 'text', hmac)).toBe(true);
    for (const wrong of [
      hmac.toUpperCase(),
      `${hmac} `,
      ` ${hmac}`,
      hmac.slice(1),
      `${hmac}0`,
      `${hmac}\n`,
      '',
      'é'.repeat(64),
      '０'.repeat(64),
      hmac.replace(/.$/, 'g'),
    ]) {
      expect(verifySignature(nodeCrypto, key, 'text', wrong)).toBe(false);
    }
    for (let digit = 0; digit < 64; digit += 1) {
      const flipped = hmac.slice(0, digit) + (hmac[digit] === '0' ? '1' : '0') + hmac.slice(digit + 1);
      expect(verifySignature(nodeCrypto, key, 'text', flipped)).toBe(false);
    }
  });

  test('SEC-057: what is no digit never stands for a byte', () => {
    const hmacOf = (index: number): string => hmacHex(nodeCrypto, key, `text ${index}`);
    const index = Array.from({ length: 1000 }, (_, count) => count).find((count) => /^(?:..)*?ff/.test(hmacOf(count)));
    const hmac = hmacOf(index ?? 0);
    const at = hmac.search(/ff(?=(?:..)*$)/);
    for (const pair of ['zz', 'FF', 'fz', 'éé']) {
      expect(verifySignature(nodeCrypto, key, `text ${index}`, hmac.slice(0, at) + pair + hmac.slice(at + 2))).toBe(false);
    }
    expect(verifySignature(nodeCrypto, key, `text ${index}`, hmac)).toBe(true);
  });

  test('the signature is HMAC-SHA256 of the UTF-8 bytes, for any key and text', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 100, size: 'max' }),
        fc.string({ unit: 'grapheme' }),
        (secret, text) => {
          const hmac = hmacHex(nodeCrypto, secret, text);
          expect(hmac).toBe(createHmac('sha256', secret).update(text, 'utf8').digest('hex'));
          expect(verifySignature(nodeCrypto, secret, text, hmac)).toBe(true);
        },
      ),
    );
  });
});
