import { describe, expect, test } from 'vitest';
import { parseFrame } from './frame.ts';
import { checkFreshness } from './freshness.ts';
import { AGENT_JSON_LIMITS } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';
import { checkParams } from './params.ts';
import { REFUSAL_REASONS } from './refusal.ts';
import { checkSignedPayload } from './signed-payload.ts';
import type { SignedPayloadContext } from './signed-payload.ts';
import type { RawEnvelope } from './frame.ts';
import { parseTimestamp } from './timestamp.ts';

const hmac = '0'.repeat(64);
const REQUEST = { command: 'git_pull', params: { a: '1' }, hmac, nonce: 'n' };
const SEQUENCE = { sequence_id: 's', commands: ['a', 'b'], stop_on_failure: true, hmac, nonce: 'n' };

function message(type: string, payload: object, agentId = 'node-7'): RawEnvelope {
  const envelope = { v: 1, type, id: 'i', ts: '2026-02-21T12:00:00.5Z', agent_id: agentId, payload };
  return parseFrame(JSON.stringify(envelope), { dialect: 'reference', limits: AGENT_JSON_LIMITS });
}

function reasonOf(type: string, payload: object, context?: SignedPayloadContext): string {
  const checked = checkSignedPayload(message(type, payload), 'hardened', context);
  return checked.ok ? 'ok' : checked.reason;
}

describe('SEC-053: every near miss has its own reason', () => {
  test.each<[string, object]>([
    ['ok', {}],
    ['ok', { params: {} }],
    ['ok', { later: 1 }],
    ['ok', { params: Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`p${index}`, ''])) }],
    ['payload_missing_fields', { hmac: undefined }],
    ['payload_missing_fields', { nonce: undefined }],
    ['payload_missing_fields', { command: undefined }],
    ['payload_missing_fields', { params: undefined }],
    ['bad_command', { command: 5 }],
    ['bad_command', { command: '' }],
    ['bad_command', { command: 'c\na=1' }],
    ['bad_command', { command: 'c\u2029' }],
    ['bad_command', { command: 'x'.repeat(129) }],
    ['bad_nonce', { nonce: 7 }],
    ['bad_nonce', { nonce: null }],
    ['bad_nonce', { nonce: '' }],
    ['bad_nonce', { nonce: 'true\nN' }],
    ['bad_params', { params: null }],
    ['bad_params', { params: [] }],
    ['bad_params', { params: 'a=1' }],
    ['too_many_params', { params: Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`p${index}`, ''])) }],
    ['param_not_a_string', { params: { a: 1 } }],
    ['param_not_a_string', { params: { a: null } }],
    ['bad_param_key', { params: { 'a=b': 'c' } }],
    ['bad_param_key', { params: { 'a&b': 'c' } }],
    ['bad_param_key', { params: { '': 'c' } }],
    ['not_well_formed', { params: { a: '\ud800' } }],
    ['bad_signature', { hmac: 5 }],
    ['bad_signature', { hmac: [] }],
  ])('request: %s for %j', (reason, changes) => {
    expect(reasonOf('command.request', { ...REQUEST, ...changes })).toBe(reason);
  });

  test.each<[string, object]>([
    ['ok', {}],
    ['ok', { commands: Array.from({ length: 32 }, () => 'a') }],
    ['payload_missing_fields', { commands: undefined }],
    ['payload_missing_fields', { stop_on_failure: undefined }],
    ['bad_sequence_id', { sequence_id: 1 }],
    ['bad_sequence_id', { sequence_id: 's\na' }],
    ['bad_nonce', { nonce: 'a\tb' }],
    ['bad_commands', { commands: 'ab' }],
    ['bad_commands', { commands: [1] }],
    ['bad_commands', { commands: ['a,b'] }],
    ['bad_commands', { commands: ['a b'] }],
    ['bad_commands', { commands: ['k=v'] }],
    ['empty_sequence', { commands: [] }],
    ['too_many_commands', { commands: Array.from({ length: 33 }, () => 'a') }],
    ['bad_stop_on_failure', { stop_on_failure: 'false' }],
    ['bad_stop_on_failure', { stop_on_failure: 0 }],
  ])('sequence: %s for %j', (reason, changes) => {
    expect(reasonOf('command.sequence', { ...SEQUENCE, ...changes })).toBe(reason);
  });

  test('what the receiver knows counts too', () => {
    expect(reasonOf('command.request', REQUEST, { agentId: 'other' })).toBe('wrong_agent');
    expect(reasonOf('command.request', REQUEST, { agentId: 'node-7' })).toBe('ok');
    expect(reasonOf('command.sequence', SEQUENCE, { hasCommand: (name) => name === 's' })).toBe('sequence_id_is_command');
    expect(reasonOf('heartbeat', {})).toBe('wrong_type');
  });

  test('reasons are a closed set without repeats', () => {
    expect(new Set(REFUSAL_REASONS).size).toBe(REFUSAL_REASONS.length);
  });
});

describe('SEC-053: lenient leaves out what no signature rests on', () => {
  const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`p${index}`, '']));
  test.each<[string, string, object]>([
    ['ok', 'command.request', { ...REQUEST, params: null }],
    ['ok', 'command.request', { ...REQUEST, params: many }],
    ['ok', 'command.sequence', { ...SEQUENCE, commands: Array.from({ length: 40 }, () => 'a') }],
    ['bad_params', 'command.request', { ...REQUEST, params: [] }],
    ['bad_params', 'command.request', { ...REQUEST, params: '' }],
    ['param_not_a_string', 'command.request', { ...REQUEST, params: { a: 1 } }],
    ['bad_param_key', 'command.request', { ...REQUEST, params: { 'a=b': 'c' } }],
    ['bad_nonce', 'command.request', { ...REQUEST, nonce: 'true\nN' }],
    ['bad_command', 'command.request', { ...REQUEST, command: 'c\na=1' }],
    ['empty_sequence', 'command.sequence', { ...SEQUENCE, commands: [] }],
    ['bad_commands', 'command.sequence', { ...SEQUENCE, commands: ['a,b'] }],
    ['bad_stop_on_failure', 'command.sequence', { ...SEQUENCE, stop_on_failure: 'false' }],
    ['bad_signature', 'command.request', { ...REQUEST, hmac: 5 }],
  ])('%s: %s %j', (reason, type, payload) => {
    expect(reasonOf(type, payload, { agentId: 'other', hasCommand: () => true, lenient: true })).toBe(reason);
  });

  test('null params are signed and handed on as none, in an object that inherits nothing', () => {
    const checked = checkSignedPayload(message('command.request', { ...REQUEST, params: null }), 'hardened', { lenient: true });
    if (!checked.ok || checked.type !== 'command.request') throw new Error('refused');
    expect(checked.canonicalText).toBe('v1\ngit_pull\n\nn\n2026-02-21T12:00:00.500000Z');
    expect(Object.keys(checked.payload.params)).toEqual([]);
    expect('toString' in checked.payload.params).toBe(false);
  });
});

test('the accepted payload holds known fields only, and the text to verify has the canonical time', () => {
  const checked = checkSignedPayload(message('command.request', { ...REQUEST, later: 1, op_sig: 'x' }), 'hardened');
  expect(checked).toEqual({
    ok: true,
    type: 'command.request',
    payload: { ...REQUEST, op_sig: 'x' },
    canonicalText: 'v1\ngit_pull\na=1\nn\n2026-02-21T12:00:00.500000Z',
  });
});

describe('reference dialect: shapes are not checked', () => {
  const text = (type: string, payload: object): string => {
    const checked = checkSignedPayload(message(type, payload), 'reference');
    return checked.ok ? checked.canonicalText : checked.reason;
  };

  test('values are signed as Python prints them', () => {
    expect(text('command.request', { ...REQUEST, params: { a: 1, b: null, c: true, d: ['x', 1.5] }, nonce: 7 })).toContain(
      "a=1&b=None&c=True&d=['x', 1.5]\n7\n",
    );
    expect(text('command.sequence', { ...SEQUENCE, commands: 'ab', stop_on_failure: 'false' })).toContain('\na,b\ntrue\n');
  });

  test.each([
    ['ProtocolError', { hmac: undefined }],
    ['AttributeError', { params: [1] }],
    ['TypeError', { hmac: 5 }],
    ['TypeError', { hmac: 'é' }],
  ])('%s for %j', (name, changes) => {
    const check = (): unknown => checkSignedPayload(message('command.request', { ...REQUEST, ...changes }), 'reference');
    expect(check).toThrow(ProtocolError);
    try {
      check();
    } catch (error) {
      expect((error as ProtocolError).referenceClass ?? 'ProtocolError').toBe(name);
    }
  });
});

describe('SEC-059: freshness, both bounds inclusive', () => {
  const stamp = parseTimestamp('2026-03-04T05:06:07Z', 'hardened');
  test.each<[number, string | undefined]>([
    [0, undefined],
    [60_000_000, undefined],
    [60_000_001, 'too_old'],
    [-5_000_000, undefined],
    [-5_000_001, 'future_dated'],
  ])('%i µs after its date: %s', (age, verdict) => {
    expect(checkFreshness(stamp, stamp.micros + BigInt(age), 60)).toBe(verdict);
  });
});

test('parameter names and types are checked in the order of the reasons', () => {
  const own = JSON.parse('{"__proto__":"x"}') as Record<string, unknown>;
  expect(checkParams(['a'], own)).toBe('bad_param_key');
  expect(checkParams(['toString'], { toString: 'x' })).toBe('bad_param_key');
  expect(checkParams(['a'], { 'a b': 1 })).toBe('bad_param_key');
  expect(checkParams(['a'], { b: 1 })).toBe('unknown_param');
  expect(checkParams(['a'], { a: 1 })).toBe('not_a_string');
  expect(checkParams(['a'], { a: '\ud800' })).toBe('not_well_formed');
  expect(checkParams(['a', 'b'], { a: '1&b=2' })).toBe('ambiguous_params');
  expect(checkParams(['a'], { a: '1&b=2' })).toBeUndefined();
});
