import { CommandFailed } from '@stormpulse/plugin-api';
import { settle } from '@stormpulse/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { startRig, testPlugin } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';
import { Doors, jobPlugin } from './job-fixture.ts';
import type { TestJob } from './job-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const doors = new Doors();
afterEach(() => doors.open.clear());
const start = async (more: Partial<TestJob> = {}): Promise<void> => {
  rig = await startRig({ plugin: jobPlugin(doors.run, more) });
};
const ask = (id: string, params: Record<string, string> = {}, command = 'demo_work'): Promise<void> =>
  rig.deliver(rig.request(command, params, { id }));
const results = (): Record<string, unknown>[] => rig.sent('command.result');
const load = async (): Promise<unknown> => {
  await rig.clock.advance(15_000);
  return rig.sent('metrics.push').at(-1)?.['jobs'];
};
const told = async (): Promise<Record<string, unknown>[]> => {
  await rig.clock.advance(300);
  const batches = rig.sent('events.batch').flatMap((batch) => batch['events'] as Record<string, unknown>[]);
  return batches.filter(({ kind }) => kind === 'job_result');
};

describe('a job of a plugin', () => {
  test('is told to the hub as one that takes long', async () => {
    await start();
    const manifest = rig.sent('register')[0]?.['commands'] as Record<string, unknown>;
    expect(manifest['demo_work']).toMatchObject({ long_running: true, template: ['demo_work'], timeout: 3_600 });
    expect(manifest['demo_mark']).toMatchObject({ long_running: false });
  });

  test('F25 SEC-068: of eight jobs at once six run and two wait, counted so, while other commands run beside them', async () => {
    await start();
    for (let n = 1; n <= 8; n += 1) await ask(`job-${n}`);
    expect([...doors.open.keys()]).toEqual(['job-1', 'job-2', 'job-3', 'job-4', 'job-5', 'job-6']);
    expect(await load()).toEqual({ pending: 8, running: 6, quota_pending: 0, quota_running: 0, quota_rejected: 0 });
    await ask('mark-1', {}, 'demo_mark');
    expect(results().map(({ request_id }) => request_id)).toEqual(['mark-1']);
    doors.at('job-2').end('done');
    await settle();
    expect(doors.open.has('job-7')).toBe(true);
    expect(await load()).toMatchObject({ pending: 7, running: 6 });
  });

  test('SEC-068: with 64 jobs waiting one more is refused, and told as rejected', async () => {
    await start();
    for (let n = 1; n <= 71; n += 1) await ask(`job-${n}`);
    expect(results()).toMatchObject([{ request_id: 'job-71', failure_reason: 'agent_overloaded', exit_code: -1 }]);
    expect(await told()).toMatchObject([{ command_ref: 'job-71', status: 'rejected', concurrent: 70 }]);
  });

  test('SEC-068: of other commands four run at once', async () => {
    let running = 0;
    const wait = (): Promise<never> => {
      running += 1;
      return new Promise(() => undefined);
    };
    rig = await startRig({ plugin: testPlugin({ wait }) });
    for (let n = 1; n <= 6; n += 1) await rig.deliver(rig.request('demo_wait'));
    expect(running).toBe(4);
  });

  test('F26: the seventh of a command with a ceiling of six is overloaded, told as rejected, and its handler never runs', async () => {
    await start();
    for (let n = 1; n <= 7; n += 1) await ask(`q-${n}`, { bucket_id: `b${n}` }, 'demo_quota');
    expect(results()).toMatchObject([{ request_id: 'q-7', success: false, failure_reason: 'agent_overloaded', group: 'demo' }]);
    const [event] = await told();
    expect(event).toMatchObject({
      command: 'demo_quota',
      command_ref: 'q-7',
      status: 'rejected',
      bucket_id: 'b7',
      quota_rejected: 1,
    });
    expect(event).toMatchObject({ quota_pending: 6, quota_running: 6, failure_reason: 'agent_overloaded' });
    expect(event).not.toHaveProperty('trigger');
    expect(doors.open.has('q-7')).toBe(false);
    expect(await load()).toEqual({ pending: 6, running: 6, quota_pending: 6, quota_running: 6, quota_rejected: 1 });
    doors.at('q-1').end();
    await settle();
    await ask('q-8', {}, 'demo_quota');
    expect(doors.open.has('q-8')).toBe(true);
  });

  test('F27: a job that crashes is os_error with what it threw, and gives its place back', async () => {
    await start();
    for (let n = 1; n <= 7; n += 1) await ask(`job-${n}`, { api_key: 'canary-7f3a' });
    doors.at('job-1').fail(new Error('disk gone, key canary-7f3a'));
    await settle();
    expect(results()).toMatchObject([
      {
        request_id: 'job-1',
        success: false,
        exit_code: -1,
        failure_reason: 'os_error',
        stderr: 'the plugin failed: disk gone, key [secret]',
      },
    ]);
    expect(doors.open.has('job-7')).toBe(true);
    expect(await told()).toMatchObject([
      { command_ref: 'job-1', status: 'failed', failure_reason: 'os_error', trigger: 'job', concurrent: 7 },
    ]);
  });

  test('F28: the link breaks during a job: it goes on, and its result follows on the next connection, once', async () => {
    await start();
    await ask('job-1');
    rig.link.close(1006);
    await settle();
    expect(doors.at('job-1').call.signal.aborted).toBe(false);
    doors.at('job-1').call.progress({ done: 5 });
    doors.at('job-1').end('all done');
    await settle();
    expect(results()).toEqual([]);
    await rig.clock.advance(31_000);
    expect(rig.transport.links).toHaveLength(2);
    expect(results()).toMatchObject([{ request_id: 'job-1', success: true, stdout: 'all done' }]);
    expect(await told()).toMatchObject([{ command_ref: 'job-1', status: 'success' }]);
  });

  test('F29: progress, then the result: starting first, result last, one request id, every key there', async () => {
    await start();
    await ask('job-1', { api_key: 'canary-7f3a' });
    const { call, end } = doors.at('job-1');
    call.progress({ done: 10.7, total: 100, message: 'with canary-7f3a' });
    await rig.clock.advance(300);
    call.progress({ done: 40, bytesFreed: 9, transfer: { bytesPerSecond: 1e3, objects: 4, totalObjects: 10 } });
    for (let n = 41; n <= 99; n += 1) call.progress({ done: n });
    await rig.clock.advance(300);
    call.progress({ stage: 'finalizing', done: 100 });
    end({ moved: 100 });
    await settle();
    const none = { rate_bytes_per_sec: null, eta_seconds: null, objects_current: null, objects_total: null, bytes_freed: null };
    const base = { request_id: 'job-1', command: 'demo_work', group: 'demo', total: null, message: '', ...none };
    expect(rig.sent('command.progress')).toEqual([
      { ...base, stage: 'starting', current: 0 },
      { ...base, stage: 'running', current: 10, total: 100, message: 'with [secret]' },
      {
        ...base,
        stage: 'running',
        current: 40,
        rate_bytes_per_sec: 1_000,
        objects_current: 4,
        objects_total: 10,
        bytes_freed: 9,
      },
      { ...base, stage: 'running', current: 99 },
      { ...base, stage: 'finalizing', current: 100 },
    ]);
    call.progress({ done: 101 });
    await rig.clock.advance(1_000);
    const sent = rig.link.sent.filter(({ type }) => type === 'command.progress' || type === 'command.result');
    expect(sent.at(-1)).toMatchObject({ type: 'command.result', payload: { request_id: 'job-1' } });
  });

  test('F30: a job id twice while it runs: the second is ignored, and the first has its one result', async () => {
    await start();
    await ask('job-1');
    const first = doors.at('job-1');
    await ask('job-1');
    expect(results()).toEqual([]);
    expect(doors.at('job-1')).toBe(first);
    first.end('first');
    await settle();
    expect(results()).toMatchObject([{ request_id: 'job-1', stdout: 'first' }]);
    await ask('job-1');
    expect(doors.at('job-1')).not.toBe(first);
  });

  test('tells of itself in events what is neither secret nor long nor a name of the event', async () => {
    await start();
    await ask('job-1', { note: 'for the audit', bucket_id: 'b1', status: 'mine', api_key: 'canary-7f3a' });
    await ask('job-2', { note: 'x'.repeat(101) });
    await rig.clock.advance(2_000);
    doors.at('job-1').end();
    doors.at('job-2').end();
    await settle();
    const [first, second] = await told();
    expect(first).toMatchObject({
      source: 'jobs',
      status: 'success',
      note: 'for the audit',
      bucket_id: 'b1',
      duration_ms: 2_000,
    });
    expect(JSON.stringify(first)).not.toContain('canary');
    expect(second).not.toHaveProperty('note');
  });

  test('has a parameter refused as any command', async () => {
    await start();
    await ask('job-1', { nothing: 'x' });
    expect(results()).toMatchObject([{ failure_reason: 'validation_failed', group: 'demo' }]);
  });

  test('adds its extras to the result, and may name none of its own fields', async () => {
    await start({ extras: (value) => value as Record<string, unknown> });
    await ask('job-1', { api_key: 'canary-7f3a' });
    await ask('job-2');
    doors.at('job-1').end({ access_key: 'GK1', buckets: [1, 'of canary-7f3a'] });
    doors.at('job-2').end({ success: false, exit_code: 7 });
    await settle();
    expect(results()).toMatchObject([
      { request_id: 'job-1', success: true, exit_code: 0, access_key: 'GK1', buckets: [1, 'of [secret]'] },
      {
        request_id: 'job-2',
        success: false,
        exit_code: -1,
        failure_reason: 'os_error',
        stderr: expect.stringContaining('success, exit_code'),
      },
    ]);
  });

  test.each([
    ['partial_failure', 'partial_failure'],
    ['Not a reason!', 'os_error'],
  ])('chooses its own failure reason: %j is told as %j', async (reason, expected) => {
    await start();
    await ask('job-1');
    doors.at('job-1').fail(CommandFailed({ reason, message: '3 of 5 left', extras: { left: 3 } }));
    await settle();
    const [result] = results();
    expect(result).toMatchObject({ success: false, failure_reason: expected, stderr: expect.stringContaining('3 of 5 left') });
    expect(result?.['left']).toBe(expected === 'os_error' ? undefined : 3);
  });

  test('is ended at its timeout, which begins with its run', async () => {
    await start({ timeout: '30s' });
    await ask('job-1');
    await rig.clock.advance(29_999);
    expect(doors.at('job-1').call.signal.aborted).toBe(false);
    await rig.clock.advance(1);
    expect(doors.at('job-1').call.signal.aborted).toBe(true);
    expect(results()).toMatchObject([{ failure_reason: 'timeout', exit_code: -1, duration_ms: 30_000 }]);
  });

  test('is ended when it reports nothing for its lease, and each report renews that', async () => {
    await start({ lease: '10s' });
    await ask('job-1');
    const { call } = doors.at('job-1');
    await rig.clock.advance(9_000);
    call.progress({ done: 1 });
    await rig.clock.advance(9_000);
    await call.checkpoint({ at: 1 });
    await rig.clock.advance(9_999);
    expect(call.signal.aborted).toBe(false);
    await rig.clock.advance(1);
    expect(call.signal.aborted).toBe(true);
    expect(results()).toMatchObject([{ failure_reason: 'timeout', stderr: 'the job reported nothing for its lease of 10s' }]);
  });

  test('saves only what its checkpoint allows', async () => {
    await start();
    await ask('job-1');
    const { checkpoint } = doors.at('job-1').call;
    await expect(checkpoint({ at: 1, more: true } as { at: number })).rejects.toThrow(/not what its schema allows/u);
    await expect(checkpoint({ at: 1 })).resolves.toBeUndefined();
    doors.at('job-1').end();
    await settle();
    await expect(checkpoint({ at: 2 })).rejects.toThrow(/after its end/u);
  });

  test('in a sequence each step waits for the one before, whatever its kind', async () => {
    await start();
    await rig.deliver(rig.sequence(['demo_work', 'demo_mark', 'demo_work']));
    expect(rig.runner.calls).toEqual([]);
    [...doors.open.values()][0]?.end('one');
    await settle();
    expect(results()).toMatchObject([
      { command: 'demo_work', sequence_id: 'deploy-1', stdout: 'one' },
      { command: 'demo_mark', sequence_id: 'deploy-1', success: true },
    ]);
    [...doors.open.values()][1]?.fail(new Error('no'));
    await settle();
    expect(results().at(-1)).toMatchObject({ sequence_id: 'deploy-1', failure_reason: 'os_error' });
  });

  test('D7: of one key they run one after the other, of different keys beside each other', async () => {
    await start({ serializeBy: ({ bucket_id }) => bucket_id ?? '' });
    for (const [id, bucket_id] of [
      ['a-1', 'a'],
      ['a-2', 'a'],
      ['b-1', 'b'],
    ] as const)
      await ask(id, { bucket_id });
    expect([...doors.open.keys()]).toEqual(['a-1', 'b-1']);
    doors.at('a-1').end();
    await settle();
    expect(doors.open.has('a-2')).toBe(true);
  });
});
