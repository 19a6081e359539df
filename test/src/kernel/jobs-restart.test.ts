import { Type } from '@stormpulse/plugin-api';
import { createMemoryJobStore, settle } from '@stormpulse/testing';
import type { JobStore } from '@stormpulse/services';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';
import { Doors, OPEN_PARAMS, jobPlugin } from './job-fixture.ts';
import type { TestJob } from './job-fixture.ts';

let store: JobStore;
let doors: Doors;
let rigs: Rig[];
beforeEach(() => {
  store = createMemoryJobStore();
  doors = new Doors();
  rigs = [];
});
afterEach(async () => {
  for (const rig of rigs) await rig.close();
});

const agent = async (more: Partial<TestJob> = {}, jobs = store): Promise<Rig> => {
  const rig = await startRig({ plugin: jobPlugin(doors.run, more), jobs });
  rigs.push(rig);
  return rig;
};
/** An agent of the same host after `kill -9`: what the first still does reaches nobody. */
const killed = async (more: Partial<TestJob> = {}): Promise<Rig> => {
  const left = createMemoryJobStore();
  for (const job of store.all()) {
    left.add(job);
    if (job.checkpoint !== undefined) left.save(job.requestId, job.checkpoint);
  }
  doors.open.clear();
  store = left;
  return await agent(more, left);
};

describe('a job that a restart cut off', () => {
  test('ends as interrupted, with its own id, once', async () => {
    const first = await agent();
    await first.deliver(first.request('demo_work', {}, { id: 'job-1' }));
    const second = await killed();
    expect(doors.open.size).toBe(0);
    expect(second.sent('command.result')).toMatchObject([
      { request_id: 'job-1', command: 'demo_work', group: 'demo', success: false, exit_code: -1, failure_reason: 'interrupted' },
    ]);
    await second.clock.advance(15_000);
    const [event] = second.sent('events.batch').flatMap((batch) => batch['events'] as object[]);
    expect(event).toMatchObject({ kind: 'job_result', command_ref: 'job-1', status: 'failed', failure_reason: 'interrupted' });
    expect((await killed()).sent('command.result')).toEqual([]);
  });

  test('goes on with its last checkpoint and its parameters when it is resumable, and has its one result', async () => {
    const first = await agent({ resumable: true, params: OPEN_PARAMS });
    await first.deliver(first.request('demo_work', { bucket_id: 'b1' }, { id: 'job-1' }));
    const { call } = doors.at('job-1');
    expect(call.resumedFrom).toBeUndefined();
    await call.checkpoint({ at: 3 });
    await call.checkpoint({ at: 7 });
    const second = await killed({ resumable: true, params: OPEN_PARAMS });
    const again = doors.at('job-1');
    expect(again.call).toMatchObject({ resumedFrom: { at: 7 }, params: { bucket_id: 'b1' } });
    expect(second.sent('command.result')).toEqual([]);
    await again.call.checkpoint({ at: 8 });
    const third = await killed({ resumable: true, params: OPEN_PARAMS });
    expect(doors.at('job-1').call.resumedFrom).toEqual({ at: 8 });
    doors.at('job-1').end('all');
    await settle();
    expect(third.sent('command.result')).toMatchObject([{ request_id: 'job-1', success: true, stdout: 'all' }]);
    expect(store.all()).toEqual([]);
  });

  test.each<[string, Partial<TestJob>]>([
    ['its command changed', { resumable: true, timeout: '2h' }],
    ['its checkpoint has another shape', { resumable: true, checkpoint: Type.Object({ at: Type.String() }) as never }],
    ['it is resumable no more', {}],
    ['this host offers it no more', { resumable: true, id: 'other' }],
  ])('is interrupted, and never begun, when %s', async (_why, change) => {
    const first = await agent({ resumable: true, params: OPEN_PARAMS });
    await first.deliver(first.request('demo_work', {}, { id: 'job-1' }));
    const second = await killed({ params: OPEN_PARAMS, ...change });
    expect(doors.open.size).toBe(0);
    expect(second.sent('command.result')).toMatchObject([{ request_id: 'job-1', failure_reason: 'interrupted' }]);
    expect(store.all()).toEqual([]);
  });

  test('is not resumed alone out of a sequence: that is answered as a whole', async () => {
    const first = await agent({ resumable: true, params: OPEN_PARAMS });
    await first.deliver(first.sequence(['demo_work', 'demo_mark']));
    const second = await killed({ resumable: true, params: OPEN_PARAMS });
    expect(second.sent('command.result')).toEqual([]);
  });

  test.each([
    [true, []],
    [false, ['interrupted']],
  ])(
    'by an agent that stops in order (resumable: %j) is told as %j, and what waits as cancelled unless it goes on',
    async (resumable, told) => {
      const first = await agent({ resumable, params: OPEN_PARAMS, serializeBy: () => 'one' });
      await first.deliver(first.request('demo_work', {}, { id: 'job-1' }));
      await first.deliver(first.request('demo_work', {}, { id: 'job-2' }));
      await first.close();
      const reasons = (id: string): unknown[] =>
        first.sent('command.result').flatMap((result) => (result['request_id'] === id ? [result['failure_reason']] : []));
      expect(reasons('job-1')).toEqual(told);
      expect(reasons('job-2')).toEqual(resumable ? [] : ['cancelled']);
      doors.open.clear();
      const second = await agent({ resumable, params: OPEN_PARAMS });
      expect([...doors.open.keys()]).toEqual(resumable ? ['job-1', 'job-2'] : []);
      expect(second.sent('command.result')).toEqual([]);
    },
  );

  test('is not begun when it cannot be recorded, and the hub is told so', async () => {
    const full: JobStore = {
      ...createMemoryJobStore(),
      add: () => {
        throw new Error('disk full');
      },
    };
    const rig = await agent({}, full);
    await rig.deliver(rig.request('demo_work', {}, { id: 'job-1' }));
    expect(doors.open.size).toBe(0);
    expect(rig.sent('command.result')).toMatchObject([
      { failure_reason: 'os_error', stderr: expect.stringContaining('cannot be recorded') },
    ]);
  });
});
