import { describe, expect, test } from 'vitest';
import type { JsonObject } from './json-value.ts';
import { HUB_TO_AGENT_TYPES } from './message-types.ts';
import { parsePayload, readPayloadFields } from './payload.ts';
import { ProtocolError } from './protocol-error.ts';
import type { MessageType } from './message-types.ts';

const METRICS = {
  cpu_percent: 1,
  memory_percent: 2,
  memory_used_mb: 3,
  memory_total_mb: 4,
  disk_percent: 5,
  disk_used_gb: 6,
  disk_total_gb: 7,
  load_avg_1m: 0.1,
  load_avg_5m: 0.2,
  uptime_seconds: 8,
  containers: [],
};

function kindOf(type: MessageType, payload: unknown): string {
  try {
    parsePayload(type, payload as JsonObject, 'hardened');
    return 'read';
  } catch (error) {
    return error instanceof ProtocolError ? error.kind : 'other';
  }
}

describe('typed payloads', () => {
  test('a register of a v1 agent: absent fields are null, unknown ones dropped, our features kept', () => {
    const read = parsePayload(
      'register',
      { version: '0.3.2', pulse_token: 't', garage: {}, features: ['results.ack'] },
      'hardened',
    );
    expect(read).toEqual({
      version: '0.3.2',
      pulse_token: 't',
      commands: null,
      integrations: null,
      log_groups: null,
      system_inventory: null,
      signoff_sealed: null,
      unsealed_since: null,
      wire_contract: null,
      features: ['results.ack'],
    });
  });

  test('a result keeps its extras', () => {
    const result = {
      request_id: 'r',
      command: 'c',
      group: 'g',
      success: true,
      exit_code: -9,
      stdout: '',
      stderr: '',
      duration_ms: 1,
    };
    expect(parsePayload('command.result', { ...result, deleted_count: 3 }, 'hardened')).toMatchObject({
      deleted_count: 3,
      failure_reason: null,
    });
    expect(kindOf('command.result', { ...result, exit_code: 1.5 })).toBe('bad_payload');
    expect(kindOf('command.result', { ...result, success: 'true' })).toBe('bad_payload');
  });

  test('metrics keep the job counters', () => {
    const jobs = { pending: 1, running: 1, quota_pending: 0, quota_running: 0, quota_rejected: 0 };
    expect(parsePayload('metrics.push', { ...METRICS, jobs }, 'hardened').jobs).toEqual(jobs);
    expect(readPayloadFields('metrics.push', { ...METRICS, jobs })).not.toHaveProperty('jobs');
  });

  test.each<[MessageType, unknown, string]>([
    ['metrics.push', { ...METRICS, cpu_percent: '1' }, 'bad_payload'],
    ['metrics.push', { ...METRICS, uptime_seconds: undefined }, 'payload_missing_fields'],
    ['metrics.push', { ...METRICS, containers: [{ name: 'w' }] }, 'bad_payload'],
    ['register', { version: 1, pulse_token: 't' }, 'bad_payload'],
    ['register', { version: '1', pulse_token: 't', commands: { c: {} } }, 'bad_payload'],
    ['command.request', { command: 1, params: null, hmac: [], nonce: {} }, 'bad_payload'],
    ['log.batch.ack', {}, 'payload_missing_fields'],
    ['events.batch', { batch_id: 'b', events: [1] }, 'bad_payload'],
    ['signoff.state', {}, 'payload_missing_fields'],
    ['command.progress', null, 'payload_not_object'],
    ['heartbeat', {}, 'read'],
  ])('%s %j: %s', (type, payload, kind) => {
    expect(kindOf(type, payload)).toBe(kind);
  });

  test('the error names the field and never the value', () => {
    expect(() => parsePayload('metrics.push', { ...METRICS, cpu_percent: 'canary' }, 'hardened')).toThrow(/cpu_percent/);
    expect(() => parsePayload('metrics.push', { ...METRICS, cpu_percent: 'canary' }, 'hardened')).not.toThrow(/canary/);
  });

  test.each(HUB_TO_AGENT_TYPES.filter((type) => type.endsWith('.ack') || type === 'register.ok' || type === 'error'))(
    'v1 reads nothing of %s, so anything passes',
    (type) => expect(readPayloadFields(type, { anything: [1] })).toEqual({ anything: [1] }),
  );

  test('reference: types are not checked', () => {
    expect(parsePayload('command.request', { command: 1, params: null, hmac: [], nonce: {}, later: 1 }, 'reference')).toEqual({
      command: 1,
      params: null,
      hmac: [],
      nonce: {},
    });
  });
});
