import { symlinkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHarness } from '@stormpulse/sdk/testing';
import type { Harness } from '@stormpulse/sdk/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { projectLabel } from '../src/compose-project.ts';
import { LastText } from '../src/engine/last-text.ts';
import docker from '../src/index.ts';
import { NOW, ScriptedEngine, listed } from './scripted-engine.ts';

/** Only a failure takes all of it. */
const PATIENT = { timeout: 20_000, interval: 10 };
/** Of a frame to the hub, which holds all states. */
const FRAME_BYTES = 2 * 1024 * 1024;

let harness: Harness;
let engine: ScriptedEngine;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
  const exec = { migrate: { container: 'web', command: ['/app/migrate'] } };
  harness = await createHarness(docker, { config: { docker: { host: 'unix:/run/docker.sock', exec } } });
  engine = new ScriptedEngine(harness.http);
});
afterEach(async () => {
  await harness.close();
  vi.useRealTimers();
});

async function eventually(look: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(async () => {
    await harness.advance(1_000);
    await look();
  }, PATIENT);
}

function frame(kind: number, body: Uint8Array): Buffer {
  const head = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

const LOGS = '/containers/web/logs?stdout=1&stderr=1&tail=100&follow=0';
const logsAre = (reply: unknown, Tty = false): void => {
  engine.on('/containers/web/json', { Config: { Tty }, State: { Status: 'running' } });
  engine.on(LOGS, reply);
};
const logs = () => harness.call('docker_container_logs', { container: 'web' });

describe('logs', () => {
  test.each([
    ['in the middle of a header', Buffer.concat([frame(1, Buffer.from('x')), Buffer.from([1, 0, 0])])],
    ['in the middle of a frame', frame(1, Buffer.from('whole')).subarray(0, 10)],
    ['after a length that was not true', Buffer.from([1, 0, 0, 0, 255, 255, 255, 255, 104, 105])],
  ])('that end %s are not told as whole', async (_, bytes) => {
    logsAre(bytes);
    expect(await logs()).toMatchObject({
      success: false,
      failure_reason: 'engine_error',
      stderr: expect.stringContaining('in the middle of a frame') as string,
    });
  });

  test.each([
    ['no kind of frame', Buffer.from([7, 0, 0, 0, 0, 0, 0, 1, 120])],
    ['JSON', Buffer.from('{"message":"hello"}')],
  ])('that are %s are no logs', async (_, bytes) => {
    logsAre(bytes);
    expect(await logs()).toMatchObject({
      failure_reason: 'engine_error',
      stderr: expect.stringMatching(/is this a Docker Engine/u) as string,
    });
  });

  test('of no text are a result all the same', async () => {
    for (const byte of [0xff, 0x00, 0x1b]) {
      logsAre(Buffer.alloc(400_000, byte), true);
      const { success, stdout } = await logs();
      expect([success, stdout.startsWith('[… 195200 bytes before this …]')]).toEqual([true, true]);
    }
  });

  test('a million frames of one byte take no more room than one, and keep their end', () => {
    const kept = new LastText(1_000);
    const newline = Buffer.from('\n');
    for (let at = 0; at < 1_000_000; at += 1) kept.push(newline);
    kept.push(Buffer.from('end'));
    expect(kept.text()).toBe(`[… ${1_000_003 - 1_000} bytes before this …]\n${'\n'.repeat(997)}end`);
  });
});

describe('lists', () => {
  test('of ten thousand containers are counted whole and told in part', async () => {
    engine.containers = Array.from({ length: 10_000 }, (_, at) => listed(`c${at}`));
    await eventually(() => expect(harness.state('docker.containers')).toMatchObject({ total: 10_000, running: 10_000 }));
    const state = harness.state('docker.containers') as { left_out: number; containers: readonly object[] };
    expect(state.left_out).toBe(10_000 - state.containers.length);
    expect(state.containers.length).toBeGreaterThan(900);
  });

  test('of names, labels, tags and ports without end fit one frame, in whole characters of one line', async () => {
    const endless = `a\u001b[2J\u2028\u0000\ud800${'é'.repeat(5_000)}`;
    const Ports = Array.from({ length: 5_000 }, () => ({ IP: '::', PrivatePort: 1, PublicPort: 2, Type: '\u0007tcp' }));
    const Labels = { 'com.docker.compose.project': endless, 'com.docker.compose.service': endless };
    const hostile = { Names: [`/${endless}`], Image: endless, State: endless, Status: endless, Ports, Labels };
    engine.containers = [
      listed('first'),
      ...Array.from({ length: 40 }, (_, at) => ({ ...listed(`c${at}`), ...hostile, Ports: at === 0 ? Ports : [] })),
    ];
    engine.on(
      '/images/json',
      Array.from({ length: 20 }, () => ({ Id: endless, RepoTags: [endless, endless], Size: 1, Created: 1 })),
    );
    engine.on('/volumes', { Volumes: [{ Name: endless, Driver: endless }] });
    engine.on('/networks', [{ Id: endless, Name: endless, Driver: endless, Scope: endless }]);
    await eventually(() => {
      expect(harness.state('docker.containers')).toMatchObject({ total: 41 });
      for (const [name, total] of [
        ['images', 20],
        ['volumes', 1],
        ['networks', 1],
      ] as const)
        expect(harness.state(`docker.${name}`)).toMatchObject({ total });
    });
    const told = ['containers', 'images', 'volumes', 'networks']
      .map((name) => JSON.stringify(harness.state(`docker.${name}`)))
      .join('');
    expect(Buffer.byteLength(told)).toBeLessThan(FRAME_BYTES / 4);
    expect(told).not.toMatch(/\\u|[\p{Cc}\p{Cs}\u2028]/u);
  });

  test('longer than the agent reads say what to do', async () => {
    engine.on('/containers/json?all=1', async function* endless() {
      for (let at = 0; at < 20; at += 1) yield await Promise.resolve(Buffer.alloc(1024 * 1024, 0x5b));
    });
    expect(await harness.call('docker_list')).toMatchObject({
      failure_reason: 'engine_error',
      stderr: expect.stringMatching(/list of containers has more than 16777216 bytes.+docker_prune/u) as string,
    });
  });

  test.each([
    ['half a JSON', '[{"Id":"a'],
    ['nested without end', '['.repeat(1_000_000)],
    ['a page of somebody else', '<html>hello</html>'],
    ['nothing', ''],
    ['null', 'null'],
  ])('that are %s are refused, and what was known stays', async (_, reply) => {
    engine.containers = [listed('web')];
    await eventually(() => expect(harness.state('docker.containers')).toMatchObject({ total: 1 }));
    engine.on('/containers/json?all=1', reply);
    expect(await harness.call('docker_list')).toMatchObject({
      failure_reason: 'engine_error',
      stderr: expect.stringContaining('is this a Docker Engine') as string,
    });
    engine.happens('container', 'start');
    await eventually(() => expect(harness.status.plugins[0]).toMatchObject({ state: 'degraded' }));
    expect(harness.state('docker.containers')).toMatchObject({ total: 1 });
  });
});

test('figures that lack everything are zero, and hide nobody else’s', async () => {
  await harness.close();
  harness = await createHarness(docker, { config: { docker: { host: 'unix:/run/docker.sock', usage_every: '5s' } } });
  engine = new ScriptedEngine(harness.http);
  engine.containers = [listed('a'), listed('b')];
  engine.on(`/containers/${'a'.padEnd(12, '0')}/stats?stream=false&one-shot=true`, {});
  const whole = { cpu_stats: {}, precpu_stats: {}, memory_stats: { usage: 5, limit: 9, stats: {} } };
  engine.on(`/containers/${'b'.padEnd(12, '0')}/stats?stream=false&one-shot=true`, whole);
  await eventually(() =>
    expect(harness.state('docker.usage')).toMatchObject({
      containers: [
        { name: 'a', cpu_percent: null, memory_bytes: 0 },
        { name: 'b', memory_bytes: 5, memory_limit_bytes: 9 },
      ],
    }),
  );
});

describe('events', () => {
  test.each([
    ['garbage', 'no JSON\n'],
    ['a line without end', 'x'.repeat(1_100_000)],
    ['nothing, and end at once', ''],
  ])('that are %s degrade the plugin for as long as that is so; the engine is up', async (_, reply) => {
    engine.eventsAre(reply);
    const deaf = { state: 'degraded', reason: expect.stringContaining('events of the engine are not heard') as string };
    await eventually(() => expect(harness.status.plugins[0]).toMatchObject(deaf));
    await eventually(() => expect(harness.state('docker.engine')).toMatchObject({ status: 'up' }));
    const asked = (): number => harness.http.calls.filter(({ path }) => path.includes('/events')).length;
    await vi.waitFor(() => expect(asked()).toBe(4), PATIENT);
    expect(harness.status.plugins[0]).toMatchObject(deaf);
    engine.appear();
    await eventually(() => expect(harness.status.plugins[0]).toMatchObject({ state: 'ready' }));
  });

  test('of another shape are passed over', async () => {
    engine.eventsAre(async function* odd() {
      yield 'null\n7\n"x"\n[]\n{}\n{"Type":null}\n{"Type":{"a":1}}\n{"Type":"__proto__"}\n{"Type":"plugin"}\n\n{"Type":"volume"}\n';
      await new Promise(() => undefined);
    });
    await eventually(() => expect(harness.state('docker.engine')).toMatchObject({ status: 'up' }));
    await eventually(() => expect(harness.status.plugins[0]).toMatchObject({ state: 'ready' }));
  });
});

describe('pull', () => {
  const ANSWER = '/images/create?fromImage=app&tag=latest';
  test.each([
    ['half a line', '{"status":"Pulling"}\n{"status":"Sta'],
    ['nothing', ''],
    ['garbage', 'hello\n'],
  ])('of which the engine says %s has not gone well', async (_, reply) => {
    engine.on(ANSWER, reply, 200, 'POST');
    expect(await harness.call('docker_pull', { image: 'app' })).toMatchObject({ success: false, failure_reason: 'engine_error' });
  });

  test('of a million layers is counted so far and no further', async () => {
    engine.on(
      ANSWER,
      async function* layers() {
        for (let at = 0; at < 20_000; at += 1) yield await Promise.resolve(`{"id":"${at}","status":"Pull complete"}\n`);
        yield '{"status":"Status: \\u001b[31mdone"}';
      },
      200,
      'POST',
    );
    expect(await harness.run('docker_pull', { image: 'app' })).toEqual({ image: 'app', status: 'Status: \uFFFD[31mdone' });
    expect(Math.max(...harness.progress.map(({ total }) => total ?? 0))).toBeLessThanOrEqual(1_000);
  });
});

test('an exec that the engine breaks off is not told as ended well', async () => {
  engine.on('/containers/web/exec', { Id: 'abc' }, 201, 'POST');
  engine.on('/exec/abc/start', frame(1, Buffer.from('half')).subarray(0, 9), 200, 'POST');
  engine.on('/exec/abc/json', { ExitCode: 0 });
  expect(await harness.call('docker_exec_migrate')).toMatchObject({ success: false, failure_reason: 'engine_error' });
  engine.on('/containers/web/exec', { Id: '../../containers/web' }, 201, 'POST');
  expect(await harness.call('docker_exec_migrate')).toMatchObject({ success: false, failure_reason: 'engine_error' });
});

test('an engine that no longer takes the version that was agreed on is asked which it takes', async () => {
  engine.on('/containers/json?all=1', { message: 'client version 1.41 is too old. Minimum supported API version is 1.44' }, 400);
  harness.http.on('GET /version', { Version: '29', ApiVersion: '1.52', MinAPIVersion: '1.44' });
  harness.http.on('GET /v1.47/containers/json?all=1', []);
  await vi.waitFor(async () => expect(await harness.call('docker_list')).toMatchObject({ success: true }), PATIENT);
});

describe('a compose file that whoever writes the project chose', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hostile-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each([
    ['a device', () => symlinkSync('/dev/zero', join(folder, 'compose.yml')), /is no file/u],
    ['a folder', () => symlinkSync('/', join(folder, 'compose.yml')), /is no file|EISDIR/u],
    ['too large', () => writeFileSync(join(folder, 'compose.yml'), Buffer.alloc(1_100_000)), /has 1100000 bytes/u],
  ])('is not read when it is %s', async (_, plant, words) => {
    plant();
    await expect(projectLabel(join(folder, 'compose.yml'))).rejects.toThrow(words);
  });

  test('with a .env beside it that never ends has the name of its folder', async () => {
    writeFileSync(join(folder, 'compose.yml'), 'services: {}\n');
    symlinkSync('/dev/zero', join(folder, '.env'));
    expect(await projectLabel(join(folder, 'compose.yml'))).toMatch(/^com\.docker\.compose\.project=hostile-/u);
  });
});
