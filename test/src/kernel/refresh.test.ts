import { Type, collector, definePlugin, handler } from '@stormpulse/plugin-api';
import type { CollectorHandle, CollectorSpec, Cycle, Plugin } from '@stormpulse/plugin-api';
import { settle } from '@stormpulse/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';
import { Doors, V1, jobPlugin } from './job-fixture.ts';

const STATE = Type.Array(Type.String());
type Things = CollectorSpec<typeof STATE>;

let rig: Rig;
let cycles: Cycle<string[]>[];
let found: () => Promise<string[]>;
beforeEach(() => {
  cycles = [];
  found = () => Promise.resolve(['a', 'b']);
});
afterEach(() => rig.close());

/** Of the collector that was registered last. */
let handle: CollectorHandle<string[]>;

function things(more: Partial<Things>, start?: () => Promise<void>): Plugin {
  return definePlugin({
    name: 'demo',
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'For tests.',
    configSchema: Type.Object({}),
    capabilities: () => ({ commands: 'read' }),
    setup({ collectors, lifecycle }) {
      const collect: Things['collect'] = (cycle) => {
        cycles.push(cycle);
        return found();
      };
      handle = collectors.register(collector({ id: 'things', every: '1h', state: STATE, collect, v1Metrics: () => V1, ...more }));
      if (start !== undefined) lifecycle.onStart(start);
    },
  });
}

const open = async (plugin: Plugin, startup: 'error' | 'disable' = 'error'): Promise<void> => {
  const entry = {
    name: 'demo',
    load: () => Promise.resolve(plugin),
    config: {},
    firstParty: true,
    grants: 'all',
    startup,
  } as const;
  rig = await startRig({ kernel: { plugins: [entry] } });
};
const types = (): unknown[] => rig.link.sent.map(({ type }) => type);
const pushes = (): number => types().filter((type) => type === 'metrics.push').length;

describe('refresh', () => {
  test('F31: reads now, answers, then pushes once', async () => {
    await open(things({ refresh: true }));
    expect(rig.sent('register')[0]?.['commands']).toMatchObject({ demo_refresh: { group: 'demo', template: ['demo_refresh'] } });
    await rig.clock.advance(1);
    const [before, pushed] = [types().length, pushes()];
    await rig.deliver(rig.request('demo_refresh'));
    expect(types().slice(before)).toEqual(['command.result', 'metrics.push']);
    expect(pushes()).toBe(pushed + 1);
    expect(cycles).toHaveLength(2);
    expect(rig.sent('command.result')).toMatchObject([
      { success: true, stdout: 'Refreshed demo state', command: 'demo_refresh' },
    ]);
  });

  test('F31: a plugin may say what it found', async () => {
    await open(things({ refresh: (state) => `${state.length} things` }));
    await rig.deliver(rig.request('demo_refresh'));
    expect(rig.sent('command.result')).toMatchObject([{ success: true, stdout: 'Refreshed: 2 things' }]);
  });

  test('F31: collection_failed when nothing was collected, and nothing is pushed for it', async () => {
    await open(things({ refresh: true }));
    await rig.clock.advance(1);
    found = () => Promise.reject(new Error('no such node'));
    const pushed = pushes();
    await rig.deliver(rig.request('demo_refresh'));
    expect(rig.sent('command.result')).toMatchObject([
      { success: false, exit_code: -1, failure_reason: 'collection_failed', stderr: expect.stringContaining('no such node') },
    ]);
    expect(pushes()).toBe(pushed);
  });

  test('F31: not_configured, with the reason, for a plugin that does not run', async () => {
    await open(
      things({ refresh: true }, () => Promise.reject(new Error('no token'))),
      'disable',
    );
    await rig.deliver(rig.request('demo_refresh'));
    expect(rig.sent('command.result')).toMatchObject([
      { success: false, failure_reason: 'not_configured', stderr: expect.stringContaining('no token') },
    ]);
    expect(cycles).toEqual([]);
  });

  test('is not offered for a collector that does not ask for it, and no plugin can take its name', async () => {
    await open(things({}));
    expect(rig.sent('register')[0]?.['commands']).not.toHaveProperty('demo_refresh');
    const taker = definePlugin({
      name: 'demo',
      version: '1.0.0',
      apiVersion: '1.0',
      description: 'For tests.',
      configSchema: Type.Object({}),
      capabilities: () => ({ commands: 'read' }),
      setup({ commands }) {
        const base = { title: 'x', effect: 'read', timeout: '5s', params: Type.Object({}), result: Type.String() } as const;
        commands.register(handler({ ...base, id: 'refresh', run: () => Promise.resolve('mine') }));
      },
    });
    await expect(startRig({ plugin: taker })).rejects.toThrow(/demo_refresh.*agent's own/u);
  });
});

const detected = (): unknown[] =>
  rig.sent('events.batch').flatMap((batch) => (batch['events'] as { kind: string }[]).filter(({ kind }) => kind === 'detected'));

describe('a plugin that says what changed', () => {
  const detections = (): Cycle<string[]>[] => cycles.filter(({ trigger }) => trigger === 'detector');

  test('has it read half a second later, all of it together, told as a detector’s, and pushed out of turn', async () => {
    await open(things({}));
    await rig.clock.advance(2_000);
    const pushed = pushes();
    handle.changed(['a']);
    handle.changed(new Set(['b']));
    await rig.clock.advance(499);
    expect(detections()).toEqual([]);
    await rig.clock.advance(1);
    expect(detections()).toMatchObject([{ only: new Set(['a', 'b']), previous: ['a', 'b'] }]);
    expect(pushes()).toBe(pushed + 1);
    await rig.clock.advance(15_000);
    expect(detected()).toMatchObject([{ source: 'demo', trigger: 'detector', collector: 'things', keys: 2 }]);
    expect(detections()).toHaveLength(1);
  });

  test('is heeded at most every five seconds, and what it says while all is read is read after that', async () => {
    await open(things({ timeout: '1m' }));
    await rig.clock.advance(2_000);
    for (let at = 0; at < 400; at += 1) {
      handle.changed(at === 7 ? undefined : [`k${at}`]);
      await rig.clock.advance(50);
    }
    expect(detections().length).toBeLessThanOrEqual(4);
    let finish = (): void => undefined;
    found = async () => await new Promise((resolve) => void (finish = () => resolve([])));
    handle.changed();
    await rig.clock.advance(5_000);
    found = () => Promise.resolve(['late']);
    const before = detections().length;
    handle.changed(['late']);
    await rig.clock.advance(1_000);
    expect(detections()).toHaveLength(before);
    finish();
    await rig.clock.advance(5_000);
    expect(detections().slice(before)).toMatchObject([{ only: new Set(['late']) }]);
    expect(detections()[0]?.only).toBeUndefined();
  });

  test('has it read again, ever more seldom, until that succeeds', async () => {
    await open(things({}));
    await rig.clock.advance(2_000);
    found = () => Promise.reject(new Error('no such node'));
    handle.changed(['a']);
    await rig.clock.advance(60_000);
    // After half a second, and then after 10, 20 and 40.
    expect(detections()).toHaveLength(3);
    found = () => Promise.resolve(['a']);
    await rig.clock.advance(60_000);
    expect(detections()).toHaveLength(4);
    expect(detections().at(-1)).toMatchObject({ only: new Set(['a']) });
  });

  test('is heard while the hub is away, and heeded when it is back', async () => {
    await open(things({}));
    await rig.clock.advance(2_000);
    rig.transport.refuse(new Error('away'));
    rig.link.close(1006);
    await settle();
    handle.changed();
    await rig.clock.advance(60_000);
    expect(detections()).toEqual([]);
    rig.transport.refuse();
    await rig.clock.advance(120_000);
    expect(detections()).toMatchObject([{ only: undefined }]);
  });
});

describe('a detector', () => {
  test('has its collector read what changed, tells it as trigger detector, and pushes out of turn', async () => {
    let changed: boolean | readonly string[] = false;
    const looks: unknown[] = [];
    const look = ({ previous }: { previous: string[] | undefined }): Promise<boolean | readonly string[]> => {
      looks.push(previous);
      return Promise.resolve(changed);
    };
    await open(things({ detector: { every: '5s', changed: look } }));
    await rig.clock.advance(5_000);
    expect(looks).toEqual([undefined, ['a', 'b']]);
    expect(cycles.map(({ trigger }) => trigger)).toEqual(['periodic_walk']);
    const pushed = pushes();
    changed = ['b'];
    await rig.clock.advance(5_000);
    changed = false;
    expect(cycles.at(-1)).toMatchObject({ trigger: 'detector', only: new Set(['b']), previous: ['a', 'b'] });
    expect(pushes()).toBe(pushed + 1);
    await rig.clock.advance(15_000);
    expect(detected()).toMatchObject([{ source: 'demo', trigger: 'detector', collector: 'things', keys: 1 }]);
  });

  test('that fails or hangs disturbs nothing, and is asked again', async () => {
    let looks = 0;
    const look = async (): Promise<boolean> => {
      looks += 1;
      if (looks === 1) throw new Error('no socket');
      if (looks === 2) return await new Promise(() => undefined);
      return looks === 3;
    };
    await open(things({ timeout: '2s', detector: { every: '5s', changed: look } }));
    await rig.clock.advance(30_000);
    expect(looks).toBeGreaterThan(3);
    expect(cycles.filter(({ trigger }) => trigger === 'detector')).toHaveLength(1);
    expect(types().filter((type) => type === 'heartbeat').length).toBeGreaterThan(1);
  });

  test('rests while the hub is away', async () => {
    let looks = 0;
    const look = (): Promise<boolean> => Promise.resolve((looks += 1) < 0);
    await open(things({ detector: { every: '5s', changed: look } }));
    rig.transport.refuse(new Error('away'));
    rig.link.close(1006);
    await settle();
    const before = looks;
    await rig.clock.advance(60_000);
    expect(looks).toBe(before);
  });
});

describe('after a job', () => {
  test.each([
    ['what it changed is read again, after its result, then pushed once', {}, 1],
    ['that only reads, nothing is', { effect: 'read' as const }, 0],
  ])('%s', async (_what, more, times) => {
    const doors = new Doors();
    const read: Cycle<number>[] = [];
    const rereads = [{ collector: 'things', only: ({ bucket_id = '' }) => [bucket_id] }, { collector: 'missing' }];
    const count = (cycle: Cycle<number>): number => read.push(cycle);
    rig = await startRig({ plugin: jobPlugin(doors.run, { rereads, ...more }, count) });
    await rig.deliver(rig.request('demo_work', { bucket_id: 'b1' }, { id: 'job-1' }));
    await rig.deliver(rig.request('demo_work', { bucket_id: 'b2' }, { id: 'job-2' }));
    const sent = types().length;
    doors.at('job-1').end();
    doors.at('job-2').fail(new Error('no'));
    await settle();
    const after = types().slice(sent);
    expect(after.filter((type) => type === 'metrics.push')).toHaveLength(times);
    expect(after.indexOf('command.result')).toBe(0);
    const targeted = read.filter(({ trigger }) => trigger === 'job');
    expect(targeted.map(({ only }) => [...(only ?? [])])).toEqual(times === 1 ? [['b1']] : []);
  });
});
