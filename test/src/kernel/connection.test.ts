import { Type, collector, definePlugin } from '@stormpulse/plugin-api';
import { afterEach, describe, expect, test } from 'vitest';
import { AGENT, TIMING, startRig, testPlugin } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const ack = (type: string, payload: object = {}): string =>
  JSON.stringify({ v: 1, type, id: 'x', ts: '2026-01-01T12:00:00Z', agent_id: AGENT, payload });

const metricsPlugin = definePlugin({
  name: 'figures',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'For tests.',
  configSchema: Type.Object({}),
  capabilities: () => ({}),
  setup({ collectors }) {
    collectors.register(
      collector({
        id: 'host',
        every: 'push',
        state: Type.Object({ cpu: Type.Number() }),
        collect: () => Promise.resolve({ cpu: 12.5 }),
        v1Metrics: ({ cpu }) => ({
          cpu_percent: cpu,
          memory_percent: 1,
          memory_used_mb: 1,
          memory_total_mb: 1,
          disk_percent: 1,
          disk_used_gb: 1,
          disk_total_gb: 1,
          load_avg_1m: 1,
          load_avg_5m: 1,
          uptime_seconds: 1,
        }),
      }),
    );
  },
});

describe('life-cycle', () => {
  test('D1, D2: register first, then heartbeat and metrics without waiting for an answer', async () => {
    rig = await startRig({ plugin: metricsPlugin });
    expect(rig.link.sent.map((message) => message['type'])).toEqual(['register', 'heartbeat', 'metrics.push']);
    expect(rig.sent('register')[0]).toMatchObject({
      version: '0.1.0',
      pulse_token: 'token',
      integrations: null,
      signoff_sealed: true,
      wire_contract: null,
      features: [
        'results.ack',
        'plugin.state',
        'events.id',
        'request.bind',
        'command.cancel',
        'command.output',
        'audit.head',
        'link.seq',
        'plugin.manifest',
      ],
    });
    await rig.clock.advance(60_000);
    expect(rig.sent('heartbeat')).toHaveLength(3);
    expect(rig.sent('metrics.push')).toHaveLength(5);
  });

  test("integrations stay v1's until the hub names plugin.state", async () => {
    rig = await startRig({ plugin: metricsPlugin });
    expect(rig.sent('metrics.push')[0]).toMatchObject({
      cpu_percent: 12.5,
      containers: [],
      integrations: null,
      jobs: { pending: 0 },
    });
    await rig.deliver(ack('register.ok', { features: ['plugin.state', 'unheard.of'] }));
    await rig.clock.advance(15_000);
    expect(rig.sent('metrics.push').at(-1)).toMatchObject({
      integrations: { figures: { status: 'live', disabled_reason: null, state: { host: { cpu: 12.5 } } } },
    });
    expect(rig.kernel.status.features).toEqual(['plugin.state']);
  });

  test('SEC-241: the head of the audit log goes to a hub that named audit.head, with each push', async () => {
    const head = { seq: 7, hash: 'a'.repeat(64) };
    rig = await startRig({ plugin: metricsPlugin, audit: { append: () => Promise.resolve(), note: () => undefined, head } });
    expect(rig.sent('metrics.push')[0]).not.toHaveProperty('audit_head');
    await rig.deliver(ack('register.ok', { features: ['audit.head'] }));
    await rig.clock.advance(15_000);
    expect(rig.sent('metrics.push').at(-1)).toMatchObject({ audit_head: head });
  });

  test('D7, SEC-005: a hub that stops answering pings is left within 45 s', async () => {
    rig = await startRig();
    const link = rig.link;
    link.muted = true;
    await rig.clock.advance(41_000);
    expect(link.closedWith).toBe(1011);
  });

  test('SEC-005: a hub is pinged after 20 s of silence, and not while its acknowledgements come', async () => {
    rig = await startRig({
      onMessage: (message, link) => message['type'] === 'heartbeat' && setImmediate(() => link.deliver(ack('heartbeat.ack'))),
      kernel: { timing: { ...TIMING, heartbeatMs: 15_000 } },
    });
    await rig.clock.advance(150_000);
    expect(rig.link.pings).toBe(0);
    await rig.close();
    rig = await startRig();
    await rig.clock.advance(19_000);
    expect(rig.link.pings).toBe(0);
    await rig.clock.advance(2_000);
    expect(rig.link.pings).toBe(1);
    await rig.clock.advance(20_000);
    expect(rig.link.pings).toBe(2);
    expect(rig.link.closedWith).toBeUndefined();
  });

  test("an acknowledgement tells how far this clock is from the hub's", async () => {
    rig = await startRig();
    const dated = rig.clock.now() - 7_000;
    await rig.deliver(ack('heartbeat.ack').replace('2026-01-01T12:00:00Z', new Date(dated).toISOString()));
    expect(rig.kernel.status).toMatchObject({ lastAckAt: rig.clock.now(), clockAheadMs: 7_000 });
  });

  test('a push that is due within a second of a heartbeat goes with it: one wake-up for both', async () => {
    rig = await startRig({ plugin: metricsPlugin, kernel: { timing: { ...TIMING, pushMs: 15_200 } } });
    expect(rig.sent('metrics.push')).toHaveLength(1);
    await rig.clock.advance(15_200);
    expect(rig.sent('metrics.push')).toHaveLength(2);
    await rig.clock.advance(14_800);
    expect([rig.sent('heartbeat').length, rig.sent('metrics.push').length]).toEqual([2, 3]);
    await rig.clock.advance(400);
    expect(rig.sent('metrics.push')).toHaveLength(3);
  });

  test('D4, D11: after a drop it registers again and says why it was away', async () => {
    rig = await startRig();
    rig.link.close(1012, 'restart');
    await rig.clock.advance(31_000);
    expect(rig.transport.links).toHaveLength(2);
    expect(rig.sent('register')).toHaveLength(2);
    const events = rig.sent('events.batch').flatMap((batch) => batch['events'] as Record<string, unknown>[]);
    expect(events).toEqual([
      expect.objectContaining({ source: 'ws', kind: 'reconnect', reason: 'Connection closed', category: 'connection' }),
    ]);
  });

  test('H3, H4: a batch is sent again under a new id until it is acknowledged', async () => {
    rig = await startRig();
    await rig.deliver(rig.request('demo_mark', {}, { hmac: '0'.repeat(64) }));
    await rig.clock.advance(1_000);
    rig.link.close(1012);
    await rig.clock.advance(31_000);
    const batches = rig.sent('events.batch');
    expect(batches).toHaveLength(2);
    expect(batches[1]?.['batch_id']).not.toBe(batches[0]?.['batch_id']);
    await rig.deliver(ack('events.batch.ack', { batch_id: batches[1]?.['batch_id'] }));
    rig.link.close(1012);
    await rig.clock.advance(181_000);
    const kinds = rig.sent('events.batch').at(-1)?.['events'] as Record<string, unknown>[];
    expect(kinds.map((event) => event['kind'])).toEqual(['reconnect']);
  });
});

describe('results', () => {
  test('D7, SEC-068: frames are read while a command runs', async () => {
    let release: () => void = () => undefined;
    rig = await startRig({ plugin: testPlugin({ wait: () => new Promise((resolve) => (release = resolve)) }) });
    await rig.deliver(rig.request('demo_wait', {}, { id: 'slow' }));
    for (let i = 0; i < 40; i += 1) await rig.deliver(ack('heartbeat.ack'));
    await rig.deliver(rig.request('demo_mark', {}, { id: 'quick' }));
    expect(rig.sent('command.result').map((result) => result['request_id'])).toEqual(['quick']);
    release();
    await rig.clock.advance(1);
    expect(rig.sent('command.result').map((result) => result['request_id'])).toEqual(['quick', 'slow']);
  });

  test('SEC-069: a result that a v1 hub did not acknowledge is sent once more, and no more', async () => {
    rig = await startRig();
    await rig.deliver(rig.request('demo_mark', {}, { id: 'r1' }));
    for (let drop = 0; drop < 3; drop += 1) {
      rig.link.close(1012);
      await rig.clock.advance(181_000);
    }
    expect(rig.sent('command.result')).toHaveLength(2);
  });

  test('D1: an acknowledgement that names nothing releases the oldest of this connection', async () => {
    rig = await startRig();
    await rig.deliver(rig.request('demo_mark', {}, { id: 'r1' }));
    await rig.deliver(rig.request('demo_mark', {}, { id: 'r2' }));
    await rig.deliver(ack('command.result.ack'));
    rig.link.close(1012);
    await rig.clock.advance(31_000);
    expect(rig.sent('command.result').map((result) => result['request_id'])).toEqual(['r1', 'r2', 'r2']);
  });

  test('results.ack: a result is sent on every connection until the hub names it', async () => {
    rig = await startRig({
      onMessage: (message, link) =>
        message['type'] === 'register' && setImmediate(() => link.deliver(ack('register.ok', { features: ['results.ack'] }))),
    });
    await rig.deliver(rig.request('demo_mark', {}, { id: 'r1' }));
    for (let drop = 0; drop < 3; drop += 1) {
      rig.link.close(1012);
      await rig.clock.advance(181_000);
    }
    expect(rig.sent('command.result')).toHaveLength(4);
    await rig.deliver(ack('command.result.ack', { request_id: 'r1' }));
    expect(rig.kernel.status.outbox).toEqual({ waiting: 0, lost: 0 });
  });

  test('F21, F22, F23: a sequence gives one result a step, stops on failure if asked, and runs nothing when one name is unknown', async () => {
    rig = await startRig();
    await rig.deliver(rig.sequence(['demo_mark', 'demo_wait']));
    const steps = rig.sent('command.result');
    expect(steps.map((step) => [step['command'], step['sequence_id'], step['success']])).toEqual([
      ['demo_mark', 'deploy-1', true],
      ['demo_wait', 'deploy-1', true],
    ]);
    expect(new Set(steps.map((step) => step['request_id'])).size).toBe(2);

    rig.runner.on('/bin/mark', /.*/, { exitCode: 3 });
    await rig.deliver(rig.sequence(['demo_mark', 'demo_wait'], true));
    expect(rig.sent('command.result')).toHaveLength(3);
    await rig.deliver(rig.sequence(['demo_mark', 'demo_wait'], false));
    expect(rig.sent('command.result')).toHaveLength(5);

    const before = rig.runner.calls.length;
    await rig.deliver(rig.sequence(['demo_mark', 'nope']));
    expect(rig.sent('command.result').at(-1)).toMatchObject({
      command: 'nope',
      group: 'unknown',
      failure_reason: 'validation_failed',
      sequence_id: 'deploy-1',
    });
    expect(rig.runner.calls).toHaveLength(before);
  });
});

test('F24: a sequence without commands is refused and runs nothing', async () => {
  rig = await startRig();
  await rig.deliver(rig.sequence([]));
  await rig.clock.advance(1_000);
  expect(rig.sent('command.result')).toEqual([]);
  expect(rig.runner.calls).toEqual([]);
  const events = rig.sent('events.batch').flatMap((batch) => batch['events'] as Record<string, unknown>[]);
  expect(events).toEqual([expect.objectContaining({ kind: 'signature_failure', failure_reason: 'empty_sequence' })]);
});

describe('closing', () => {
  test('D8: waits for what runs, refuses what is new, says goodbye with 1000', async () => {
    let release: () => void = () => undefined;
    rig = await startRig({ plugin: testPlugin({ wait: () => new Promise((resolve) => (release = resolve)) }) });
    await rig.deliver(rig.request('demo_wait', {}, { id: 'slow' }));
    const closing = rig.kernel.close();
    await rig.deliver(rig.request('demo_mark', {}, { id: 'late' }));
    release();
    await rig.clock.advance(3_000);
    await closing;
    expect(rig.sent('command.result').map((result) => [result['request_id'], result['failure_reason']])).toEqual([
      ['late', 'agent_overloaded'],
      ['slow', null],
    ]);
    expect(rig.link.closedWith).toBe(1000);
    expect(rig.clock.pending).toBe(0);
  });

  test('SEC-069: a command that does not end is cut off after its grace, and answered as interrupted', async () => {
    rig = await startRig({
      plugin: testPlugin({
        wait: (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error))),
      }),
    });
    await rig.deliver(rig.request('demo_wait', {}, { id: 'stuck' }));
    const closing = rig.kernel.close();
    await rig.clock.advance(10_000);
    await closing;
    expect(rig.sent('command.result')).toEqual([
      expect.objectContaining({ request_id: 'stuck', success: false, failure_reason: 'interrupted' }),
    ]);
  });

  test('D9: during a wait it ends at once', async () => {
    rig = await startRig();
    rig.link.close(1012);
    await rig.clock.advance(1);
    expect(rig.kernel.status.connection.state).toBe('waiting');
    await rig.kernel.close();
    expect(rig.kernel.status.connection.state).toBe('closed');
  });
});
