import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readStrictJson } from './json-reader.ts';
import type { StrictJson } from './json-reader.ts';
import { readFrameJson } from './json-short.ts';
import { AGENT_JSON_LIMITS } from './limits.ts';
import type { JsonLimits } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

type Read = (text: string, limits: JsonLimits) => StrictJson;

function outcome(read: Read, text: string, limits: JsonLimits): unknown {
  try {
    const { value, duplicateKey, versionText } = read(text, limits);
    return { value, duplicateKey, versionText: value !== null && typeof value === 'object' ? versionText : '' };
  } catch (error) {
    if (error instanceof ProtocolError) return error.kind;
    throw error;
  }
}

function expectAlike(text: string, limits: JsonLimits = AGENT_JSON_LIMITS): void {
  expect(outcome(readFrameJson, text, limits)).toEqual(outcome(readStrictJson, text, limits));
}

const SMALL: JsonLimits = { maxDepth: 3, maxNodes: 12, maxKeysPerObject: 5 };

describe('the short way reads every text as the strict reader does', () => {
  test.each([
    '{"v":1,"a":{"b":[1,{"c":null}]}}',
    '{"v":1,"v":1}',
    '{"v":1,"v":1.0}',
    '{"v":1,"a":1,"a":2}',
    '{"v":1,"a":{"x":1,"y":{"x":1,"x":2}}}',
    '{"v":1,"a":":"}',
    '{"v":1,"a:b":"c:d","e":[":"]}',
    '{"v":1,"__proto__":1}',
    '{"v":1,"a":[{"constructor":1}]}',
    '{"v":1,"a":{"prototype":{}}}',
    '{"v":1,"a":1e400}',
    '{"v":1,"a":[-1e400]}',
    '{"v":1,"a":"\ud800"}',
    '{"v":1,"a":"\\ud800"}',
    '{"v":1,"\\u0076":2}',
    '{"v":1,"a":NaN}',
    '{"v":1,}',
    '{"v":1,',
    '{"v":1,"a":"\t"}',
    `{"v":1,"a":${'['.repeat(31)}${']'.repeat(31)}}`,
    `{"v":1,"a":${'['.repeat(32)}${']'.repeat(32)}}`,
    `{"v":1,"a":${'{"b":'.repeat(32)}1${'}'.repeat(32)}}`,
    `{"v":1,${Array.from({ length: 1000 }, (_, index) => `"${index}":0`).join(',')}}`,
  ])('%j', (text) => expectAlike(text));

  test('limits that a short text could just reach', () => {
    for (let count = 0; count < 14; count += 1) {
      expectAlike(`{"v":1,${Array.from({ length: count }, () => '"":0').join(',')}}`, SMALL);
      expectAlike(`{"v":1,"":[${Array.from({ length: count }, () => '0').join(',')}]}`, SMALL);
    }
  });

  test('whatever is put together', () => {
    const words = '{ } [ ] , : "a" "b": "v": "__proto__": 1 1e999 true "\\u0061": " "x:y" {"a":1}'.split(' ');
    const piece = fc.constantFrom(...words, ' ', '\n');
    const texts = fc.array(piece, { maxLength: 14, size: 'max' }).map((pieces) => `{"v":1,${pieces.join('')}`);
    fc.assert(
      fc.property(texts, fc.constantFrom('', '}', ']}'), (text, end) => {
        expectAlike(text + end);
        expectAlike(text + end, SMALL);
      }),
      { numRuns: 5000 },
    );
  });

  test('whatever JSON there is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (members) => {
        expectAlike(JSON.stringify({ v: 1, ...members }));
      }),
    );
  });
});

test('objects of the short way inherit nothing either', () => {
  const value = readFrameJson('{"v":1,"a":{}}', AGENT_JSON_LIMITS).value as Record<string, Record<string, unknown>>;
  for (const name of ['toString', 'constructor', '__proto__']) {
    expect(value[name]).toBeUndefined();
    expect(value['a']?.[name]).toBeUndefined();
  }
});
