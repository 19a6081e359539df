import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../canonical-json.ts';
import { encodeReference } from './encode.ts';
import { readReferenceJson } from './json-reader.ts';
import { pythonText } from './python-text.ts';
import { ProtocolError } from '../protocol-error.ts';

// JSON text, then str() and json.dumps() of Python 3.11.
test.each([
  ['1', '1', '1'],
  ['1.0', '1.0', '1.0'],
  ['-0', '0', '0'],
  ['-0.0', '-0.0', '-0.0'],
  ['1e5', '100000.0', '100000.0'],
  ['1e16', '1e+16', '1e+16'],
  ['1E-7', '1e-07', '1e-07'],
  ['0.0001', '0.0001', '0.0001'],
  ['10621392937410.312', '10621392937410.312', '10621392937410.312'],
  ['9007199254740993', '9007199254740993', '9007199254740993'],
  ['1e400', 'inf', 'Infinity'],
  ['-Infinity', '-inf', '-Infinity'],
  ['NaN', 'nan', 'NaN'],
  ['null', 'None', 'null'],
  ['true', 'True', 'true'],
  ['"é\\u007f"', 'é\u007f', '"\\u00e9\\u007f"'],
  ['["a\'b", "q\\"", "x\\n\\u0000\\u200b"]', `["a'b", 'q"', 'x\\n\\x00\\u200b']`, '["a\'b","q\\"","x\\n\\u0000\\u200b"]'],
  ['{"b": [1.5, false], "a": {}}', "{'b': [1.5, False], 'a': {}}", '{"b":[1.5,false],"a":{}}'],
])('%s', (json, text, dumped) => {
  expect(pythonText(readReferenceJson(json))).toBe(text);
  expect(encodeReference(readReferenceJson(json))).toBe(dumped);
});

describe('what Python raises', () => {
  test.each([
    ['[', 100_000, 'RecursionError'],
    ['9', 4301, 'ValueError'],
  ])('%s many times', (unit, count, name) => {
    try {
      readReferenceJson(unit.repeat(count));
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
      expect((error as ProtocolError).referenceClass).toBe(name);
    }
  });

  test('4300 digits are a number', () => {
    expect(readReferenceJson('9'.repeat(4300))).toBe(10n ** 4300n - 1n);
  });
});

test('canonical JSON has its keys in code-point order', () => {
  expect(canonicalJson({ '\u{1F600}': 2, '\uFF5E': 1, b: [{ z: null, y: true }], a: undefined })).toBe(
    '{"b":[{"y":true,"z":null}],"\\uff5e":1,"\\ud83d\\ude00":2}',
  );
});
