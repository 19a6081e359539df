import { createLinkWatch } from '@stormpulse/services';
import type { LinkWatch } from '@stormpulse/services';
import { createMemoryLogger } from '@stormpulse/testing';
import type { LoggedLine } from '@stormpulse/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AGENT, startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

describe("the numbers of a hub's frames", () => {
  let rig: Rig;
  let watch: LinkWatch;
  let told: Record<string, unknown>[];
  let log: LoggedLine[];
  let changes: number;
  beforeEach(async () => {
    told = [];
    log = [];
    changes = 0;
    watch = createLinkWatch({
      newId: () => '8d2f6a0e-6b0c-4b4e-9a51-3f2f0c7c2a10',
      events: { record: (event) => told.push(event) },
      logger: createMemoryLogger(log)('connection'),
      onFault: () => (changes += 1),
    });
    rig = await startRig({ frameNumbers: () => watch.numbers() });
  });
  afterEach(() => rig.close());

  const frame = (type: string, seq?: number, payload: object = {}, x: unknown = `hub-${seq}`): string =>
    JSON.stringify({
      v: 1,
      type,
      id: 'x',
      ts: new Date(rig.clock.now()).toISOString(),
      agent_id: AGENT,
      payload,
      ...(seq === undefined ? {} : { x }),
    });
  const numbered = (text: string, seq: number): string => JSON.stringify({ ...(JSON.parse(text) as object), x: `hub-${seq}` });
  const registered = (seq = 1): Promise<void> => rig.deliver(frame('register.ok', seq, { features: ['link.seq'] }));
  const shown = (): unknown[] => rig.link.sent.map(({ x }) => x);
  const faults = (): unknown[] => told.map(({ fault, expected, seq }) => [fault, expected, seq]);

  test('SEC-075: a hub that names nothing, or other features, never sees x, and is not looked at', async () => {
    await rig.deliver(frame('heartbeat.ack'));
    await rig.deliver(frame('register.ok', undefined, { features: ['results.ack'] }));
    await rig.deliver(rig.request('demo_mark', {}, { id: 'r1' }));
    await rig.deliver(frame('heartbeat.ack', 9, {}, 'an x of its own'));
    await rig.clock.advance(60_000);
    expect(rig.sent('command.result')).toHaveLength(1);
    expect(new Set(shown())).toEqual(new Set([undefined]));
    expect([told, watch.faults, log]).toEqual([[], {}, []]);
  });

  test('SEC-075: frames show their place from the first one after register.ok on, and begin anew with each connection', async () => {
    await rig.clock.advance(30_000);
    const before = rig.link.sent.length;
    await registered();
    await rig.deliver(numbered(rig.request('demo_mark', {}, { id: 'r1' }), 2));
    await rig.clock.advance(30_000);
    const places = rig.link.sent.map((_, index) => (index < before ? undefined : `3f2f0c7c2a10-${index + 1}`));
    expect(places.length).toBeGreaterThan(before + 1);
    expect(shown()).toEqual(places);
    rig.link.close(1012);
    await rig.clock.advance(31_000);
    expect(rig.transport.links).toHaveLength(2);
    expect(rig.link.sent.length).toBeGreaterThan(0);
    expect(new Set(shown())).toEqual(new Set([undefined]));
    await registered();
    await rig.clock.advance(30_000);
    expect(shown().at(-1)).toEqual(`3f2f0c7c2a10-${rig.link.sent.length}`);
    expect(watch.faults).toEqual({});
  });

  test('SEC-075: lost, doubled and reordered frames are counted, logged and told; each is acted on, the link stays', async () => {
    await registered();
    for (const seq of [2, 4, 4, 6, 5]) await rig.deliver(frame('heartbeat.ack', seq));
    await rig.deliver(rig.request('demo_mark', {}, { id: 'unnumbered' }));
    expect(rig.sent('command.result')).toMatchObject([{ request_id: 'unnumbered', success: true }]);
    expect(faults()).toEqual([
      ['gap', 3, 4],
      ['behind', 5, 4],
      ['gap', 5, 6],
      ['behind', 7, 5],
      ['unnumbered', 7, undefined],
    ]);
    expect(told[0]).toEqual({ source: 'ws', kind: 'link_fault', fault: 'gap', count: 1, expected: 3, seq: 4 });
    expect(watch.faults).toEqual({ gap: 2, behind: 2, unnumbered: 1 });
    expect([changes, log.length]).toEqual([5, 5]);
    expect(log[0]).toMatchObject({ level: 'warn', fields: { fault: 'gap', expected: 3, seq: 4 } });
    expect(rig.link.closedWith).toBeUndefined();
  });

  test('SEC-075: a hub whose clock goes back by more than 5 s is told of', async () => {
    await registered();
    const dated = (seq: number, backMs: number): string => {
      const at = rig.clock.now();
      return frame('heartbeat.ack', seq).replace(new Date(at).toISOString(), new Date(at - backMs).toISOString());
    };
    await rig.deliver(dated(2, 5_000));
    expect(told).toEqual([]);
    await rig.deliver(dated(3, 5_001));
    expect(faults()).toEqual([['clock_back', 3, 3]]);
  });

  test('SEC-075: a register.ok that was lost is the first gap', async () => {
    await rig.deliver(frame('heartbeat.ack', 2));
    await rig.deliver(frame('metrics.ack', 3));
    expect(faults()).toEqual([['gap', 1, 2]]);
    await rig.clock.advance(30_000);
    expect(new Set(shown())).toEqual(new Set([undefined]));
  });

  test('SEC-075: what is no message is counted like one, and no number makes a message good or bad', async () => {
    await registered();
    await rig.deliver('{"v":1');
    await rig.deliver(frame('heartbeat.ack', 3).replace('heartbeat.ack', 'unheard.of'));
    await rig.deliver(frame('heartbeat.ack', 4));
    expect(told).toEqual([]);
    expect(rig.kernel.status.ignored).toEqual({ invalid_json: 1, unknown_type: 1 });
    for (const x of [7, null, 'a', { boot: 'hub', seq: 5 }, 'other-1']) {
      const request = JSON.parse(rig.request('demo_mark')) as object;
      await rig.deliver(JSON.stringify({ ...request, x }));
    }
    expect(rig.sent('command.result')).toHaveLength(5);
    await rig.deliver(numbered(rig.request('demo_mark', {}, { hmac: '0'.repeat(64) }), 5));
    expect(rig.sent('command.result')).toHaveLength(5);
    expect(rig.kernel.status.refusals).toEqual({ bad_signature: 1 });
  });

  test('SEC-075: many faults of one kind are few events', async () => {
    await registered();
    for (let times = 0; times < 200; times += 1) await rig.deliver(frame('heartbeat.ack', 1));
    expect(told.map(({ count }) => count)).toEqual([1, 2, 4, 8, 16, 32, 64, 128]);
    expect(watch.faults).toEqual({ behind: 200 });
  });
});
