import type { Probe } from '@stormpulse/plugin-api';
import { settle } from '@stormpulse/testing';
import { expect, test } from 'vitest';
import { rejection, setStage } from './plugin-stage.ts';

/** A probe that does what the test says, and counts. */
function staged(id: string, more: Partial<Probe> = {}) {
  const state = { asked: 0, problem: undefined as string | undefined, signals: [] as AbortSignal[] };
  const probe: Probe = {
    id,
    every: '60s',
    check: (signal) => {
      state.asked += 1;
      state.signals.push(signal);
      return state.problem === undefined ? Promise.resolve() : Promise.reject(new Error(state.problem));
    },
    ...more,
  };
  return Object.assign(state, { probe });
}

test('a probe is asked from start to close, every so often, and not before', async () => {
  await using stage = setStage();
  const plugin = stage.plugin('caddy');
  const config = staged('config');
  plugin.contribute({ probes: [config.probe] });
  await stage.clock.advance(600_000);
  expect(config.asked).toBe(0);
  plugin.start();
  await stage.clock.advance(500);
  expect(config.asked).toBe(1);
  await stage.clock.advance(59_999);
  expect(config.asked).toBe(1);
  await stage.clock.advance(60_001);
  expect(config.asked).toBe(3);
  plugin.close();
  await stage.clock.advance(600_000);
  expect(config.asked).toBe(3);
  expect(stage.clock.pending).toBe(0);
  expect(plugin.health).toEqual([]);
});

test('three failures in a row degrade, one success recovers; two are nothing yet', async () => {
  await using stage = setStage();
  const plugin = stage.plugin('caddy');
  const config = staged('config');
  plugin.contribute({ probes: [config.probe] });
  plugin.start();
  const turn = (problem?: string): Promise<void> => {
    config.problem = problem;
    return stage.clock.advance(60_000);
  };
  for (const problem of ['a', 'b', undefined, 'a', 'b']) await turn(problem);
  expect(plugin.health).toEqual([]);
  await turn('no answer');
  expect(plugin.health).toEqual(['probe "caddy.config": no answer']);
  await turn('no answer');
  expect(plugin.health.length).toBe(1);
  await turn('another');
  expect(plugin.health.at(-1)).toBe('probe "caddy.config": another');
  await turn();
  expect(plugin.health.slice(2)).toEqual([undefined]);
  expect(stage.log.map(({ name, level }) => [name, level])).toEqual([
    ['caddy', 'warn'],
    ['caddy', 'info'],
  ]);
});

test('a plugin is well again when all its probes are', async () => {
  await using stage = setStage();
  const plugin = stage.plugin('caddy');
  const [one, two] = [staged('one'), staged('two')];
  plugin.contribute({ probes: [one.probe, two.probe] });
  plugin.start();
  one.problem = 'x';
  two.problem = 'y';
  await stage.clock.advance(180_000);
  expect(plugin.health.at(-1)).toBe('probe "caddy.one": x (and 1 more)');
  one.problem = undefined;
  await stage.clock.advance(60_000);
  expect(plugin.health.at(-1)).toBe('probe "caddy.two": y');
  two.problem = undefined;
  await stage.clock.advance(60_000);
  expect(plugin.health.at(-1)).toBeUndefined();
});

test('SEC-207: one that hangs is a failure after its timeout, its signal says so, and it is not asked again until it returns', async () => {
  await using stage = setStage();
  const plugin = stage.plugin('caddy');
  let release: () => void = () => undefined;
  let asked = 0;
  const signals: AbortSignal[] = [];
  const probe: Probe = {
    id: 'hangs',
    every: '10s',
    timeout: '2s',
    check: (signal) => {
      asked += 1;
      signals.push(signal);
      return new Promise((resolve) => {
        release = resolve;
      });
    },
  };
  plugin.contribute({ probes: [probe] });
  plugin.start();
  await stage.clock.advance(500 + 1_999);
  expect(signals[0]?.aborted).toBe(false);
  await stage.clock.advance(1);
  expect(signals[0]?.reason).toMatchObject({ code: 'E_PROBE_TIMEOUT', message: 'it was not answered within 2000 ms' });
  await stage.clock.advance(20_000);
  expect(asked).toBe(1);
  expect(plugin.health).toEqual(['probe "caddy.hangs": its check has not returned since it was last asked']);
  release();
  await stage.clock.advance(10_000);
  expect(asked).toBe(2);
  release();
  await settle();
  expect(plugin.health.at(-1)).toBeUndefined();
});

test('SEC-207: what a check throws at once is a failure like another', async () => {
  await using stage = setStage();
  const plugin = stage.plugin('caddy');
  const probe: Probe = {
    id: 'throws',
    every: '10s',
    check: () => {
      throw 'x'.repeat(10_000);
    },
  };
  plugin.contribute({ probes: [probe] });
  plugin.start();
  await stage.clock.advance(30_000);
  expect(plugin.health.length).toBe(1);
  expect(plugin.health[0]?.length).toBeLessThan(400);
});

test('a plugin that stops ends the question under way and says nothing about it', async () => {
  await using stage = setStage();
  const plugin = stage.plugin('caddy');
  const signals: AbortSignal[] = [];
  const check = (signal: AbortSignal): Promise<void> => {
    signals.push(signal);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
  };
  plugin.contribute({ probes: [{ id: 'slow', every: '1s', check }] });
  plugin.start();
  await stage.clock.advance(1_000);
  plugin.close();
  await settle();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect([plugin.health, stage.clock.pending]).toEqual([[], 0]);
});

test('one probe can be asked by its id: at once, joining what is under way; E_PROBE_UNKNOWN names those there are', async () => {
  await using stage = setStage();
  const plugin = stage.plugin('caddy');
  let release: () => void = () => undefined;
  let asked = 0;
  const slow: Probe = {
    id: 'slow',
    every: '1h',
    check: () => {
      asked += 1;
      return new Promise((resolve) => {
        release = resolve;
      });
    },
  };
  const sick = staged('sick');
  sick.problem = 'port 2019 is closed';
  plugin.contribute({ probes: [slow, sick.probe] });
  const both = Promise.all([stage.services.askProbe('caddy.slow'), stage.services.askProbe('caddy.slow')]);
  await settle();
  release();
  expect(await both).toEqual([{ well: true }, { well: true }]);
  expect(asked).toBe(1);
  expect(await stage.services.askProbe('caddy.sick')).toEqual({ well: false, problem: 'port 2019 is closed' });
  const unknown = await rejection(stage.services.askProbe('caddy.other'));
  expect(unknown).toMatchObject({ code: 'E_PROBE_UNKNOWN' });
  expect(unknown.message).toContain('caddy.slow, caddy.sick');
  plugin.close();
  expect(await rejection(stage.services.askProbe('caddy.sick'))).toMatchObject({ code: 'E_PROBE_UNKNOWN' });
});

test.each([
  ['an id that is none', [{ id: 'A b', every: '1s' }]],
  [
    'an id used twice',
    [
      { id: 'a', every: '1s' },
      { id: 'a', every: '2s' },
    ],
  ],
  ['a period that is none', [{ id: 'a', every: '1 day' }]],
  ['a timeout that is none', [{ id: 'a', every: '1s', timeout: 0 }]],
])('E_PLUGIN_CONTRIBUTION: %s, and nothing is taken', async (_, probes) => {
  await using stage = setStage();
  const plugin = stage.plugin('caddy');
  const declared = probes.map((probe) => ({ ...probe, check: () => Promise.resolve() })) as unknown as Probe[];
  const parsers = [{ id: 'access', parse: () => undefined }];
  expect(() => plugin.contribute({ probes: declared, parsers })).toThrow(
    expect.objectContaining({ code: 'E_PLUGIN_CONTRIBUTION' }),
  );
  expect(stage.services.logCatalogue().parsers).toEqual([]);
  expect(await rejection(stage.services.askProbe('caddy.a'))).toMatchObject({ code: 'E_PROBE_UNKNOWN' });
});
