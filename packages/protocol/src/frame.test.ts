import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseFrame } from './frame.ts';
import { AGENT_JSON_LIMITS } from './limits.ts';
import { MESSAGE_TYPES } from './message-types.ts';
import { createMessage, encodeMessage } from './message.ts';
import { ProtocolError } from './protocol-error.ts';
import type { Dialect } from './dialect.ts';

const GOOD = {
  v: 1,
  type: 'heartbeat',
  id: '3b241101-e2bb-4255-8caf-4136c566a962',
  ts: '2026-02-21T12:00:00Z',
  agent_id: 'node-7',
  payload: { a: 1 },
};
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function read(data: string | Uint8Array, dialect: Dialect = 'hardened'): string {
  try {
    return `read ${parseFrame(data, { dialect, limits: AGENT_JSON_LIMITS }).type}`;
  } catch (error) {
    if (error instanceof ProtocolError) return error.kind;
    throw error;
  }
}

const frame = (changes: Record<string, unknown>): string => JSON.stringify({ ...GOOD, ...changes });

describe('acceptance cases A1 to A13', () => {
  test('A1: extra keys are ignored, and gone, all but x', () => {
    const envelope = parseFrame(frame({ later: [1], V: 2 }), { dialect: 'hardened', limits: AGENT_JSON_LIMITS });
    expect(envelope).not.toHaveProperty('later');
    expect(Object.keys(envelope)).toEqual(['v', 'type', 'id', 'ts', 'agent_id', 'payload', 'timestamp', 'x']);
  });

  test.each(MESSAGE_TYPES)('A6: %s is read with an empty payload', (type) => {
    expect(read(frame({ type, payload: {} }))).toBe(`read ${type}`);
  });

  test.each([
    ['A2', { v: 2 }, 'unsupported_version'],
    ['A2', { v: '1' }, 'unsupported_version'],
    ['A2', { v: null }, 'unsupported_version'],
    ['A3', { v: true }, 'unsupported_version'],
    ['A3', { v: '1.0' }, 'unsupported_version'],
    ['A5', { type: 'Heartbeat' }, 'unknown_type'],
    ['A5', { type: '' }, 'unknown_type'],
    ['A5', { type: 1 }, 'unknown_type'],
    ['A5', { type: [] }, 'unknown_type'],
    ['A5', { type: 'toString' }, 'unknown_type'],
    ['A7', { ts: '2026-02-21T12:00:00' }, 'ts_naive'],
    ['A7', { ts: 1 }, 'ts_not_string'],
    ['A7', { ts: '2026-02-21T12:00:00z' }, 'ts_invalid'],
    ['A8', { ts: '2026-02-21T12:00:00.1234567Z' }, 'ts_invalid'],
    ['A9', { agent_id: '' }, 'bad_agent_id'],
    ['A9', { agent_id: 7 }, 'bad_agent_id'],
    ['A10', { payload: [] }, 'payload_not_object'],
    ['A10', { payload: null }, 'payload_not_object'],
    ['A10', { payload: 'x' }, 'payload_not_object'],
  ])('%s: %j is dropped as %s', (_, changes, kind) => {
    expect(read(frame(changes))).toBe(kind);
  });

  test.each(['v', 'type', 'id', 'ts', 'agent_id', 'payload'])('A4: a frame without %s is dropped', (field) => {
    expect(read(frame({ [field]: undefined }))).toBe('missing_fields');
  });

  test('all missing fields are named together', () => {
    expect(() => parseFrame('{"v":1,"id":"i"}', { dialect: 'hardened', limits: AGENT_JSON_LIMITS })).toThrow(
      /type, ts, agent_id, payload/,
    );
  });

  test.each(['[1,2]', 'null', '', '{}x', '"x"', '12'])('A11: %j is dropped', (text) => {
    expect(['not_object', 'invalid_json']).toContain(read(text));
  });

  test('A8: more than six digits of a fraction: v1 cuts them, a strict reader drops the frame', () => {
    const text = frame({ ts: '2026-02-21T12:00:00.1234567Z' });
    const message = parseFrame(text, { dialect: 'reference', limits: AGENT_JSON_LIMITS });
    expect(message.timestamp.canonical).toBe('2026-02-21T12:00:00.123456Z');
    expect(read(text)).toBe('ts_invalid');
  });

  test('A12: a hundred thousand brackets are dropped', () => {
    expect(read('['.repeat(100_000))).toBe('too_deep');
    expect(read('['.repeat(100_000), 'reference')).toBe('uncaught');
  });
});

describe('SEC-053: strict envelope', () => {
  test.each(['1.0', '1e0', '10e-1', 'true', '"1"'])(
    'v spelled %s is not the integer 1; the reference takes all but the text',
    (v) => {
      const text = frame({ v: 0 }).replace('"v":0', `"v":${v}`);
      expect(read(text)).toBe('unsupported_version');
      expect(read(text, 'reference')).toBe(v === '"1"' ? 'unsupported_version' : 'read heartbeat');
    },
  );

  test('a v inside the payload does not stand for the top-level one', () => {
    expect(read(frame({ v: 1, payload: { v: 1.5 } }))).toBe('read heartbeat');
    expect(read(`{"v":1.0,"payload":{"v":1},${JSON.stringify({ ...GOOD, v: undefined, payload: undefined }).slice(1)}`)).toBe(
      'unsupported_version',
    );
  });

  test.each([null, 1, '', {}, [], true, 'a\nb', 'a\u0085b', 'a\u2028b', 'x'.repeat(129), '😀'.repeat(129)])(
    'id %j is refused',
    (id) => {
      expect(read(frame({ id }))).toBe('bad_id');
      expect(read(frame({ id }), 'reference')).toBe('read heartbeat');
    },
  );

  test.each(['x'.repeat(128), '😀'.repeat(128), 'any text'])('id of up to 128 characters is taken', (id) => {
    expect(read(frame({ id }))).toBe('read heartbeat');
  });
});

describe('SEC-050: duplicates and encodings', () => {
  test.each(['command.request', 'command.sequence'])('%s with a duplicate key at any level is refused', (type) => {
    const text = frame({ type, payload: { params: { a: '1' } } });
    expect(read(text)).toBe(`read ${type}`);
    expect(read(text.replace('"a":"1"', '"a":"1","a":"2"'))).toBe('duplicate_key');
    expect(read(text.replace('{"v":1', '{"v":1,"v":1'))).toBe('duplicate_key');
  });

  test('on other types the last duplicate wins, as in v1', () => {
    expect(read(frame({}).replace('{"v":1', '{"v":2,"v":1'))).toBe('read heartbeat');
    expect(read(frame({}).replace('{"v":1', '{"v":1,"v":2'))).toBe('unsupported_version');
  });

  test('a binary frame must be UTF-8 without a byte order mark', () => {
    expect(read(utf8(frame({ agent_id: 'né😀' })))).toBe('read heartbeat');
    expect(read(new Uint8Array([0xef, 0xbb, 0xbf, ...utf8(frame({}))]))).toBe('invalid_json');
    expect(read(new Uint8Array([...utf8('{"v":"'), 0xff, 0xfe]))).toBe('not_utf8');
    expect(read(new Uint8Array([...utf8('"'), 0xed, 0xa0, 0x80, ...utf8('"')]))).toBe('not_utf8');
    expect(read(new Uint8Array())).toBe('invalid_json');
  });
});

test('a message is read as it was made', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 });
  fc.assert(
    fc.property(text, text, fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n }), (stdout, name, micros) => {
      const payload = {
        request_id: 'r',
        command: name,
        group: 'g',
        success: true,
        exit_code: 0,
        stdout,
        stderr: '',
        duration_ms: 1,
        sequence_id: null,
        failure_reason: null,
      };
      const ts = new Date(Number(micros / 1000n)).toISOString();
      const made = createMessage('command.result', 'node-7', payload, { id: 'i', ts });
      const { timestamp: _, ...envelope } = parseFrame(encodeMessage(made), { dialect: 'hardened', limits: AGENT_JSON_LIMITS });
      expect(envelope).toEqual(made);
    }),
  );
});

describe('no input makes the parser throw anything but ProtocolError', () => {
  const dialects = fc.constantFrom<Dialect>('hardened', 'reference');

  test('mutated frames', () => {
    const mutation = fc.record({ at: fc.nat(400), cut: fc.nat(5), put: fc.string({ unit: 'binary', maxLength: 5 }) });
    fc.assert(
      fc.property(fc.array(mutation, { maxLength: 4 }), dialects, (mutations, dialect) => {
        let text = frame({ type: 'command.request', payload: { command: 'c', params: { a: '1' }, hmac: '00', nonce: 'n' } });
        for (const { at, cut, put } of mutations)
          text = text.slice(0, at % text.length) + put + text.slice((at % text.length) + cut);
        expect(typeof read(text, dialect)).toBe('string');
      }),
      { numRuns: 3000 },
    );
  });

  test('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300, size: 'max' }), dialects, (bytes, dialect) => {
        expect(typeof read(bytes, dialect)).toBe('string');
      }),
      { numRuns: 2000 },
    );
  });

  test.each<Dialect>(['hardened', 'reference'])('a megabyte of one thing, %s', (dialect) => {
    const million = 1_048_576;
    for (const unit of [
      '[',
      '{"a":',
      '"',
      '\\',
      '1',
      ' ',
      'a',
      '\ud800',
      '😀',
      '{"',
      '[[],',
      '"\\u0041',
      '-',
      '1e',
      ',',
      'null,',
    ]) {
      const text = unit.repeat(Math.floor(million / unit.length));
      for (const input of [text, `{"v":1,"payload":${text}`, `["${text}`, `{"${text}":1}`, utf8(text)]) {
        expect(typeof read(input, dialect)).toBe('string');
      }
    }
  });
});
