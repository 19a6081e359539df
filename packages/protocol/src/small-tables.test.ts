import { describe, expect, test } from 'vitest';
import { commandResult } from './command-result.ts';
import { containerRecords } from './container-records.ts';
import { commonFeatures } from './features.ts';
import { jobEventContext, nonSecretParams } from './job-event-context.ts';
import { isStorableKey, loadHmacKey } from './key.ts';
import { displayTemplate, sortedManifest } from './manifest.ts';
import { newMessageId, newNonce, nodeCrypto } from './node.ts';
import { ProtocolError } from './protocol-error.ts';
import { unsealedDuration } from './unsealed-duration.ts';
import { versionIn } from './version-in.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('SEC-034: key files', () => {
  test('B16: ASCII white space is stripped at both ends and nothing else', () => {
    expect(loadHmacKey(bytes('abc\n'))).toEqual(bytes('abc'));
    expect(loadHmacKey(bytes('\t\n\v\f\r abc \r\n'))).toEqual(bytes('abc'));
    expect(loadHmacKey(new Uint8Array([0x85, 0x20, 0xa0]))).toEqual(new Uint8Array([0x85, 0x20, 0xa0]));
    expect(loadHmacKey(new Uint8Array([0, 97, 0]))).toEqual(new Uint8Array([0, 97, 0]));
    expect(() => loadHmacKey(bytes(' \n'))).toThrow(ProtocolError);
  });

  test('a key that would come back shorter is not storable', () => {
    expect(isStorableKey(bytes('abc'))).toBe(true);
    expect(isStorableKey(bytes('abc\n'))).toBe(false);
    expect(isStorableKey(bytes(' abc'))).toBe(false);
    expect(isStorableKey(new Uint8Array())).toBe(false);
  });
});

test('node bindings', () => {
  expect(newNonce()).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(newMessageId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(newNonce()).not.toBe(newNonce());
  expect(nodeCrypto.equal(bytes('a'), bytes('ab'))).toBe(false);
  expect(Buffer.from(nodeCrypto.sha256('')).toString('hex')).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
});

test("a result's extras may not replace its fields; the reference lets them", () => {
  const standard = {
    request_id: 'r',
    command: 'c',
    group: 'g',
    success: true,
    exit_code: 0,
    stdout: 'o',
    stderr: '',
    duration_ms: 1,
  };
  expect(commandResult(standard, { deleted: 1 })).toEqual({ ...standard, sequence_id: null, failure_reason: null, deleted: 1 });
  expect(() => commandResult(standard, { success: false })).toThrow(ProtocolError);
  expect(() => commandResult(standard, { sequence_id: 's' })).toThrow(/sequence_id/);
  expect(commandResult(standard, { success: false }, 'reference').success).toBe(false);
});

test('a manifest shows programs without their folder, in code-point order of the names', () => {
  expect(displayTemplate(['/usr/bin/docker', '/single', '{env_file}', '/a/', 'a/b'])).toEqual([
    'docker',
    '/single',
    '{env_file}',
    '',
    'a/b',
  ]);
  const entry = {
    group: 'g',
    description: '',
    template: [],
    timeout: 1,
    requires_confirmation: false,
    long_running: false,
    params: {},
  };
  expect(Object.keys(sortedManifest({ b: entry, a: entry, B: entry }))).toEqual(['B', 'a', 'b']);
});

test('containers: anything but a successful program with objects has none', () => {
  const line = '{"Name":"web","State":"running","Image":"a:1"}';
  expect(containerRecords(`${line}\nnot json\n[1]\n`, 0)).toEqual([{ name: 'web', status: 'running', image: 'a:1' }]);
  expect(containerRecords(`[${line},7]`, 0)).toHaveLength(1);
  expect(containerRecords(line, 1)).toEqual([]);
  expect(containerRecords('', 0)).toEqual([]);
});

test('secret and reserved parameters stay out of events', () => {
  expect(nonSecretParams({ bucket_id: 'b', api_token: 'x', Passphrase: 'y' })).toEqual({ bucket_id: 'b' });
  expect(jobEventContext({ max: '1', command: 'c', long: 'x'.repeat(101) })).toEqual({ max: '1' });
  expect(jobEventContext(null)).toEqual({});
});

test('features are what both sides named', () => {
  expect([...commonFeatures(['results.ack', 'events.id'], ['events.id', 'unknown'])]).toEqual(['events.id']);
  expect(commonFeatures(['results.ack'], undefined).size).toBe(0);
});

test('durations and versions for people', () => {
  expect([null, -1, 59, 60, 3600, 86_400].map(unsealedDuration)).toEqual(['unknown', '<1m', '<1m', '1m', '1h 0m', '1d 0h']);
  expect(['Docker version 26.1.3, build b', 'v2.8', 'none'].map(versionIn)).toEqual(['26.1.3', '2.8', null]);
});
