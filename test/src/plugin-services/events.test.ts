import fc from 'fast-check';
import { Duration, Type, defineEvent } from '@stormpulse/plugin-api';
import type { EventType, TSchema } from '@stormpulse/plugin-api';
import { createEventLog } from '@stormpulse/services';
import { FakeClock, settle } from '@stormpulse/testing';
import { expect, test } from 'vitest';
import { setStage } from './plugin-stage.ts';
import type { PluginStage, StagedPlugin } from './plugin-stage.ts';

const Cleared = Type.Object({ bucket: Type.String(), objects: Type.Integer() });
const cleared = defineEvent('garage.bucket.cleared', Cleared);

function listening(plugin: StagedPlugin, event: EventType<TSchema>, listener: (payload: unknown) => void | Promise<void>): void {
  plugin.contribute({ listeners: [{ event, listener }] });
}

function logOf(stage: PluginStage, name: string) {
  return stage.log.filter((line) => line.name === name).map(({ level, message }) => [level, message]);
}

test('an event reaches each plugin that listens to it, in the order of emitting, and the hub as a flat event', async () => {
  await using stage = setStage();
  const garage = stage.plugin('garage');
  const heard: unknown[] = [];
  listening(stage.plugin('one'), cleared, (payload) => void heard.push(['one', payload]));
  listening(stage.plugin('two'), cleared, (payload) => void heard.push(['two', payload]));
  listening(stage.plugin('three'), defineEvent('garage.other', Cleared), (payload) => void heard.push(payload));
  garage.emit(cleared, { bucket: 'a', objects: 1 });
  garage.emit(cleared, { bucket: 'b', objects: 0 });
  expect(heard).toEqual([]);
  await settle();
  expect(heard).toEqual(['a', 'b'].flatMap((bucket, at) => ['one', 'two'].map((name) => [name, { bucket, objects: 1 - at }])));
  expect(stage.recorded).toEqual([
    { source: 'garage', kind: 'bucket.cleared', bucket: 'a', objects: 1 },
    { source: 'garage', kind: 'bucket.cleared', bucket: 'b', objects: 0 },
  ]);
});

test("SEC-207: a listener that throws, rejects or changes what it got harms no other, and is told under its plugin's name", async () => {
  await using stage = setStage();
  const garage = stage.plugin('garage');
  const heard: unknown[] = [];
  listening(stage.plugin('throws'), cleared, () => {
    throw new Error('sync');
  });
  listening(stage.plugin('rejects'), cleared, () => Promise.reject(new Error('async')));
  listening(stage.plugin('changes'), cleared, (payload) => {
    (payload as { bucket: string }).bucket = 'changed';
  });
  listening(stage.plugin('hangs'), cleared, () => new Promise(() => undefined));
  listening(stage.plugin('hears'), cleared, (payload) => void heard.push(payload));
  const payload = { bucket: 'a', objects: 1 };
  garage.emit(cleared, payload);
  payload.bucket = 'later';
  await settle();
  expect(heard).toEqual([{ bucket: 'a', objects: 1 }]);
  for (const name of ['throws', 'rejects']) expect(logOf(stage, name)).toEqual([['error', 'a listener failed']]);
  for (const name of ['garage', 'hears', 'changes', 'hangs']) expect(logOf(stage, name)).toEqual([]);
});

test('E_EVENT_INVALID: another plugin speaks in nobody else’s name, and only of what its schema allows', async () => {
  await using stage = setStage();
  const heard: unknown[] = [];
  listening(stage.plugin('listener'), cleared, (payload) => void heard.push(payload));
  const garage = stage.plugin('garage');
  const other = stage.plugin('gar');
  const invalid = expect.objectContaining({ code: 'E_EVENT_INVALID' });
  expect(() => other.emit(cleared, { bucket: 'a', objects: 1 })).toThrow(invalid);
  expect(() => stage.plugin('garage-x').emit(cleared, { bucket: 'a', objects: 1 })).toThrow(invalid);
  for (const payload of [{ bucket: 'geheim', objects: '1' }, {}, null, undefined]) {
    expect(() => garage.emit(cleared, payload)).toThrow(invalid);
    expect(() => garage.emit(cleared, payload)).not.toThrow('geheim');
  }
  const Odd = Type.Any();
  for (const payload of [10n, undefined, () => 1, 'x'.repeat(64 * 1024)])
    expect(() => garage.emit({ id: 'garage.odd', payload: Odd }, payload)).toThrow(invalid);
  for (const id of ['garage.', 'garage.Odd', 'garage.a b', `garage.${'x'.repeat(200)}`])
    expect(() => garage.emit({ id, payload: Odd }, 1)).toThrow(invalid);
  await settle();
  expect([heard, stage.recorded]).toEqual([[], []]);
});

test("a listener's own idea of the event decides what it hears; values are decoded by it", async () => {
  await using stage = setStage();
  const heard: unknown[] = [];
  listening(
    stage.plugin('older'),
    defineEvent('garage.bucket.cleared', Type.Object({ bucket: Type.Integer() })),
    (payload) => void heard.push(payload),
  );
  listening(
    stage.plugin('waits'),
    defineEvent('garage.slow', Type.Object({ after: Duration() })),
    (payload) => void heard.push(payload),
  );
  const garage = stage.plugin('garage');
  garage.emit(cleared, { bucket: 'a', objects: 1 });
  garage.emit(defineEvent('garage.slow', Type.Object({ after: Duration() })), { after: 15_000 });
  await settle();
  expect(heard).toEqual([{ after: 15_000 }]);
  expect(logOf(stage, 'older')).toEqual([['warn', 'an event was not heard: it has another shape than expected']]);
  expect(stage.recorded.at(-1)).toMatchObject({ kind: 'slow', after: '15000ms' });
});

test('a plugin that stopped hears and tells nothing any more', async () => {
  await using stage = setStage();
  const [garage, listener] = [stage.plugin('garage'), stage.plugin('listener')];
  const heard: unknown[] = [];
  listening(listener, cleared, (payload) => void heard.push(payload));
  garage.emit(cleared, { bucket: 'a', objects: 1 });
  listener.close();
  await settle();
  garage.close();
  garage.emit(cleared, { bucket: 'b', objects: 1 });
  await settle();
  expect(heard).toEqual([]);
  expect(stage.recorded.map(({ bucket }) => bucket)).toEqual(['a']);
});

test('SEC-207: two plugins that answer each other for ever leave the event loop to others', async () => {
  await using stage = setStage();
  const ping = defineEvent('ping.said', Type.Integer());
  const pong = defineEvent('pong.said', Type.Integer());
  const [one, two] = [stage.plugin('ping'), stage.plugin('pong')];
  let rounds = 0;
  listening(one, pong, (n) => one.emit(ping, Number(n) + 1));
  listening(two, ping, (n) => {
    rounds += 1;
    two.emit(pong, Number(n) + 1);
  });
  one.emit(ping, 0);
  await settle();
  await settle();
  expect(rounds).toBeGreaterThan(1);
  one.close();
});

test('SEC-207: a flood costs its listener what it cannot hear, the hub the rest as a number, and nobody else anything', async () => {
  await using stage = setStage();
  const flood = stage.plugin('flood');
  let heard = 0;
  listening(stage.plugin('slow'), defineEvent('flood.drop', Type.Integer()), () => {
    heard += 1;
  });
  for (let n = 0; n < 5_000; n += 1) flood.emit(defineEvent('flood.drop', Type.Integer()), n);
  await settle();
  expect(heard).toBe(1_000);
  expect(logOf(stage, 'slow')).toEqual([['warn', 'events come too fast for a listener; some are lost to it']]);
  expect(stage.recorded.length).toBe(500);
  expect(logOf(stage, 'flood')).toEqual([['warn', 'the plugin emits more events than a hub is told of; the others are counted']]);
  stage.plugin('calm').emit(defineEvent('calm.said', Type.Integer()), 1);
  expect(stage.recorded.at(-1)).toEqual({ source: 'calm', kind: 'said', payload: 1 });

  await stage.clock.advance(1_000);
  flood.emit(defineEvent('flood.drop', Type.Integer()), -1);
  expect(stage.recorded.slice(-2)).toEqual([
    { source: 'flood', kind: 'suppressed_events', suppressed: 4_500 },
    { source: 'flood', kind: 'drop', payload: -1 },
  ]);
  for (let n = 0; n < 20; n += 1) flood.emit(defineEvent('flood.drop', Type.Integer()), n);
  await settle();
  expect(heard).toBe(1_021);
  flood.close();
  expect(stage.recorded.at(-1)).toEqual({ source: 'flood', kind: 'suppressed_events', suppressed: 11 });
});

test('on the wire an event keeps the names that are its own, and nested values become text', async () => {
  await using stage = setStage();
  const payload = {
    ts: 1,
    source: 'ws',
    kind: 'reconnect',
    id: 'x',
    trigger: 'job',
    command_ref: 'r',
    ok: false,
    none: null,
    empty: '',
    list: ['a', 1],
    'not a name': 1,
    __proto__x: 1,
  };
  const event = { id: 'jobs.done', payload: Type.Unknown() };
  stage.plugin('jobs').emit(event, payload);
  expect(stage.recorded).toEqual([
    {
      source: 'plugin.jobs',
      kind: 'done',
      payload_ts: 1,
      payload_source: 'ws',
      payload_kind: 'reconnect',
      payload_id: 'x',
      payload_trigger: 'job',
      payload_command_ref: 'r',
      ok: false,
      list: '["a",1]',
      truncated: true,
    },
  ]);
  const own = defineEvent('garage.admin_call', Type.Object({ trigger: Type.String() }), { wireSource: 'garage_admin' });
  stage.plugin('garage', {}, true).emit(own, { trigger: 'job' });
  expect(stage.recorded.at(-1)).toEqual({ source: 'garage_admin', kind: 'admin_call', trigger: 'job' });
  expect(() => stage.plugin('garage').emit(own, { trigger: 'job' })).toThrow('first-party');
});

test('whatever is emitted, a batch of 500 stays below a mebibyte, and every field is a scalar', () => {
  const clock = new FakeClock();
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.string({ unit: 'binary', maxLength: 3_000 }), (value, text) => {
      const events = createEventLog({ clock, newId: () => '0123456789abcdef' });
      const stage = setStage();
      const emitting = stage.plugin('emitting');
      const payload = { value, text, more: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`f${n}`, text])) };
      const wide = { ...payload, ...payload.more, [text]: text };
      emitting.emit({ id: 'emitting.it', payload: Type.Unknown() }, wide);
      const [recorded] = stage.recorded as { source: string; kind: string }[];
      if (recorded === undefined) throw new Error('nothing was recorded');
      for (const field of Object.values(recorded)) expect(['string', 'number', 'boolean']).toContain(typeof field);
      events.record(recorded);
      expect(Buffer.byteLength(JSON.stringify(events.drain(true)?.events)) * 500).toBeLessThan(1024 * 1024);
      void stage[Symbol.asyncDispose]();
    }),
    { numRuns: 60 },
  );
});
