import { createHarness } from '@stormpulse/sdk/testing';
import type { Harness } from '@stormpulse/sdk/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import docker from '../src/index.ts';
import { NOW, ScriptedEngine, listed } from './scripted-engine.ts';

const SOCKET = 'unix:///run/test/docker.sock';
/** Only a failure takes all of it. */
const PATIENT = { timeout: 20_000, interval: 10 };

let harness: Harness;
let engine: ScriptedEngine;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
});
afterEach(async () => {
  await harness.close();
  vi.useRealTimers();
});

async function start(api?: string, section: object = {}): Promise<void> {
  harness = await createHarness(docker, { config: { docker: { host: SOCKET, ...section } } });
  engine = new ScriptedEngine(harness.http, api);
}

interface Containers {
  readonly total: number;
  readonly running: number;
  readonly containers: readonly { readonly name: string; readonly state: string; readonly health: string }[];
}

const containers = (): Containers => harness.state('docker.containers') as Containers;
const standing = (): unknown => harness.state('docker.engine');

/** Lets the played clock run until it is so. */
async function eventually(look: () => void): Promise<void> {
  await vi.waitFor(async () => {
    await harness.advance(1_000);
    look();
  }, PATIENT);
}

describe('the state of an engine', () => {
  test('is told whole: containers with health, ports and compose names, and the sums', async () => {
    await start();
    engine.containers = [
      listed('web', {
        Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web', secret: 'never told' },
      }),
      { ...listed('db', { Status: 'Up 2 hours (unhealthy)' }), Ports: [{ PrivatePort: 5432, Type: 'tcp' }] },
      listed('job', { State: 'exited', Status: 'Exited (0) 2 days ago', Names: ['/web/link', '/job'], Labels: null }),
    ];
    await eventually(() => expect(containers()?.total).toBe(3));
    expect(containers()).toMatchObject({
      running: 2,
      unhealthy: 1,
      left_out: 0,
      containers: [
        { id: 'web000000000', name: 'web', health: 'healthy', project: 'shop', service: 'web', created_at: 1_700_000_000 },
        { name: 'db', health: 'unhealthy', ports: ['5432/tcp'], project: null },
        { name: 'job', state: 'exited', health: 'none' },
      ],
    });
    expect(JSON.stringify(containers())).not.toContain('never told');
    await eventually(() =>
      expect(standing()).toMatchObject({ status: 'up', api: '1.41', version: '20.10.24', platform: 'linux/amd64' }),
    );
    await eventually(() =>
      expect(harness.state('docker.disk')).toEqual({
        images_bytes: 7,
        containers_bytes: 0,
        volumes_bytes: 0,
        build_cache_bytes: 0,
      }),
    );
  });

  test('CPU is the part of the time between two readings, memory without what is only cached', async () => {
    await start(undefined, { usage_every: '5s' });
    const { Id } = listed('web') as { readonly Id: string };
    engine.containers = [listed('web')];
    let at = 0;
    const figures = (): object => ({ cpu_usage: { total_usage: at * 50 }, system_cpu_usage: at * 1_000, online_cpus: 2 });
    engine.on(`/containers/${Id.slice(0, 12)}/stats?stream=false&one-shot=true`, () => {
      at += 1;
      return {
        cpu_stats: figures(),
        precpu_stats: { cpu_usage: { total_usage: 0 } },
        memory_stats: { usage: 1_000, limit: 4_000, stats: { inactive_file: 300 } },
      };
    });
    await eventually(() =>
      expect(harness.state('docker.usage')).toEqual({
        containers: [{ id: 'web000000000', name: 'web', cpu_percent: 10, memory_bytes: 700, memory_limit_bytes: 4_000 }],
      }),
    );
  });

  test('a storm of events is read a few times only, and its end is never missed', async () => {
    await start();
    await eventually(() => expect(standing()).toMatchObject({ status: 'up' }));
    await eventually(() => expect(containers()).toBeDefined());
    const before = engine.lists;
    for (let second = 0; second < 10; second += 1) {
      for (let at = 0; at < 200; at += 1) engine.happens('container', at % 2 === 0 ? 'start' : 'die');
      engine.containers = [listed(`second${second}`)];
      await harness.advance(1_000);
    }
    await eventually(() => expect(containers().containers.map(({ name }) => name)).toEqual(['second9']));
    expect(engine.lists - before).toBeLessThanOrEqual(7);
    const settled = engine.lists;
    await harness.advance(30_000);
    // But for the reading that is due by itself.
    expect(engine.lists - settled).toBeLessThanOrEqual(1);
  });

  test('an hour in which nothing happens asks for what no event tells, and hardly more', async () => {
    await start();
    engine.containers = [listed('web'), ...Array.from({ length: 199 }, (_, at) => listed(`c${at}`, { State: 'created' }))];
    engine.on(`/containers/${'web'.padEnd(12, '0')}/stats?stream=false&one-shot=true`, {});
    await eventually(() => expect(containers()?.total).toBe(200));
    await eventually(() => expect(harness.status.plugins[0]).toMatchObject({ state: 'ready' }));
    await harness.advance(60_000);
    const before = harness.http.calls.length;
    for (let minute = 0; minute < 60; minute += 1) await harness.advance(60_000);
    const asked = harness.http.calls.slice(before).map(({ path }) => path.replace(/^\/v1\.41|\?.*/gu, ''));
    const times = (path: string): number => asked.filter((one) => one === path).length;
    expect(times('/containers/web000000000/stats')).toBe(12);
    for (const path of ['/containers/json', '/images/json', '/volumes', '/networks']) expect(times(path)).toBeLessThanOrEqual(6);
    expect(times('/_ping')).toBeLessThanOrEqual(3);
    expect(asked.length).toBeLessThanOrEqual(12 + 4 * 6 + 3 + 1);
  });

  test('what happens while it is read is read after it', async () => {
    await start();
    await eventually(() => expect(standing()).toMatchObject({ status: 'up' }));
    await eventually(() => expect(containers()).toBeDefined());
    engine.containers = [listed('before')];
    engine.whileListing = async () => {
      engine.whileListing = () => Promise.resolve();
      engine.containers = [listed('after')];
      engine.happens('container', 'create');
      await new Promise((resolve) => setImmediate(resolve));
    };
    engine.happens('container', 'create');
    await eventually(() => expect(containers().containers.map(({ name }) => name)).toEqual(['after']));
  });

  test('an engine that is away degrades with the reason; back again, it is read anew', async () => {
    await start();
    await eventually(() => expect(standing()).toMatchObject({ status: 'up' }));
    engine.vanish();
    await eventually(() => expect(standing()).toMatchObject({ status: 'down' }));
    const status = () => harness.status.plugins[0];
    await eventually(() => expect(status()?.state).toBe('degraded'));
    expect(status()?.reason).toMatch(/event stream|no such socket/u);
    expect(await harness.call('docker_list')).toMatchObject({ failure_reason: 'engine_unreachable' });
    engine.containers = [listed('new', { State: 'exited' })];
    engine.comeBack();
    await eventually(() => expect(standing()).toMatchObject({ status: 'up', reason: null }));
    await eventually(() => expect(containers().containers.map(({ name }) => name)).toEqual(['new']));
    await eventually(() => expect(status()?.state).toBe('ready'));
  });

  test('what is no list is refused, and a field of another type counts as absent', async () => {
    await start();
    engine.on('/containers/json?all=1', [{ Id: 7, Names: '/x', Ports: [null], Labels: 'x', State: ['running'] }, null]);
    expect(await harness.run('docker_list')).toMatchObject({
      total: 2,
      containers: [
        { id: '', name: '', state: '' },
        { id: '', image: '' },
      ],
    });
    engine.on('/containers/json?all=1', '{"message":"hello"}');
    expect(await harness.call('docker_list')).toMatchObject({
      success: false,
      stderr: expect.stringContaining('is no list of containers') as string,
    });
  });

  test.each([
    ['1.24', 'down'],
    ['1.25', 'up'],
    ['1.30', 'up'],
  ])('an engine that speaks API %s at most is %s', async (api, status) => {
    await start(api);
    await eventually(() => expect(standing()).toMatchObject({ status }));
    if (status === 'down') {
      const reason: unknown = expect.stringContaining('speaks API 1.24 at most, and this needs 1.25');
      await eventually(() => expect(standing()).toMatchObject({ reason }));
      expect(await harness.call('docker_list')).toMatchObject({ failure_reason: 'engine_unreachable' });
    }
  });

  test('an engine that speaks nothing we know is spoken to as it asks', async () => {
    harness = await createHarness(docker, { config: { docker: { host: SOCKET } } });
    harness.http.on('GET /version', { Version: '99', ApiVersion: '1.99', MinAPIVersion: '1.60' });
    harness.http.on('GET /v1.60/containers/json?all=1', []);
    expect(await harness.call('docker_list')).toMatchObject({ success: true });
  });
});
