import { createHarness } from '@stormpulse/sdk/testing';
import type { Harness } from '@stormpulse/sdk/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { framedStream } from '../src/engine/log-frames.ts';
import docker from '../src/index.ts';
import { ScriptedEngine, listed } from './scripted-engine.ts';

const LIMIT = 256 * 1024;

let harness: Harness;
let engine: ScriptedEngine;

beforeEach(async () => {
  const exec = { migrate: { container: 'web', command: ['/app/migrate', '--now'], user: 'app' } };
  harness = await createHarness(docker, { config: { docker: { host: 'unix:/run/docker.sock', exec } } });
  engine = new ScriptedEngine(harness.http);
});
afterEach(() => harness.close());

/** One piece of a container without a terminal, as the engine frames it. */
function frame(kind: 1 | 2, text: string): Buffer {
  const body = Buffer.from(text);
  const head = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(body.length, 4);
  return Buffer.concat([head, body]);
}

/** The same bytes, however the network cuts them. */
async function* inPiecesOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

const LOGS = '/containers/web/logs?stdout=1&stderr=1&tail=100&follow=0';
const inspected = (Tty: boolean): object => ({ Config: { Tty }, State: { Status: 'running' } });

describe('logs', () => {
  test.each([1, 3, 7, 1_000_000])('frames are put together when they come in pieces of %i bytes', async (size) => {
    const long = 'x'.repeat(size < 8 ? 200 : 20_000);
    const bytes = Buffer.concat([frame(1, 'out é\n'), frame(2, 'err\n'), frame(1, ''), frame(1, long), frame(1, `${long}\n`)]);
    engine.on('/containers/web/json', inspected(false));
    engine.on(LOGS, () => inPiecesOf(bytes, size));
    expect(await harness.run('docker_container_logs', { container: 'web' })).toBe(`out é\nerr\n${long}${long}\n`);
  });

  test('of a terminal are taken as they come', async () => {
    engine.on('/containers/web/json', inspected(true));
    engine.on(LOGS, () => inPiecesOf(Buffer.from('\u0001 no frame\r\n'), 4));
    expect(await harness.run('docker_container_logs', { container: 'web' })).toBe('\u0001 no frame\r\n');
  });

  test('keep their end, and tell how much came before it', async () => {
    engine.on('/containers/web/json', inspected(false));
    engine.on(LOGS, async function* many() {
      for (let at = 0; at < 100; at += 1) yield await Promise.resolve(frame(1, `${'é'.repeat(5_000)}${at}\n`));
    });
    const { stdout, success } = await harness.call('docker_container_logs', { container: 'web' });
    expect([success, stdout.length < LIMIT]).toEqual([true, true]);
    expect(stdout).toMatch(/^\[… \d+ bytes before this …\]\né+/u);
    expect(stdout.endsWith('é99\n')).toBe(true);
  });

  test('a claim of four gigabytes takes no memory', () => {
    const told: string[] = [];
    const streams = framedStream((_, bytes) => told.push(Buffer.from(bytes).toString()));
    streams.push(Buffer.from([1, 0, 0, 0, 255, 255, 255, 255, 104, 105]));
    expect(told).toEqual(['hi']);
  });
});

describe('what a request may say', () => {
  test.each([
    ['docker_stop', { container: '--all' }],
    ['docker_stop', { container: 'web/../db' }],
    ['docker_stop', { container: 'web?t=1' }],
    ['docker_stop', { container: 'web', grace: '-1' }],
    ['docker_kill', { container: 'web', signal: 'SIGNAL' }],
    ['docker_container_logs', { container: 'web', since: '--follow' }],
    ['docker_container_logs', { container: 'web', tail: '5001' }],
    ['docker_container_follow', { container: 'web', seconds: '601' }],
    ['docker_pull', { image: '-x' }],
    ['docker_pull', { image: 'app&tag=evil' }],
    ['docker_prune', { what: 'volumes' }],
    ['docker_exec_migrate', { command: 'sh' }],
  ])('%s with %j is refused before the engine is asked', async (name, params: Record<string, string>) => {
    expect(await harness.call(name, params)).toMatchObject({ failure_reason: 'validation_failed' });
    expect(harness.http.calls.filter(({ path }) => /web|create|prune|exec/u.test(path))).toEqual([]);
  });
});

describe('containers', () => {
  test('are started and stopped; one that is so already is no failure', async () => {
    engine.on('/containers/web/json', inspected(false));
    engine.on('/containers/web/start', '', 304, 'POST');
    expect(await harness.run('docker_start', { container: 'web' })).toEqual({ container: 'web', state: 'running' });
    engine.on('/containers/web/kill?signal=SIGHUP', '', 204, 'POST');
    expect(await harness.run('docker_kill', { container: 'web', signal: 'SIGHUP' })).toMatchObject({ state: 'running' });
  });

  test('the engine’s own words come back', async () => {
    engine.on('/containers/gone/stop?t=10', { message: 'No such container: "gone"' }, 404, 'POST');
    expect(await harness.call('docker_stop', { container: 'gone' })).toMatchObject({
      failure_reason: 'no_such_object',
      stderr: 'No such container: "gone"',
    });
    engine.on('/containers/web/restart?t=10', { message: 'busy' }, 409, 'POST');
    expect(await harness.call('docker_restart', { container: 'web' })).toMatchObject({
      failure_reason: 'conflict',
      stderr: 'busy',
    });
  });

  test('are inspected without environment and labels', async () => {
    const Config = { Image: 'app:1', Tty: false, Env: ['TOKEN=hunter2'], Labels: { auth: 'hunter2' }, User: '' };
    engine.on('/containers/web/json', {
      Id: 'a',
      Name: '/web',
      State: { Status: 'running', Health: null },
      Config,
      HostConfig: {},
    });
    const { stdout } = await harness.call('docker_inspect', { container: 'web' });
    expect(stdout).toContain('"Status": "running"');
    expect(stdout).not.toContain('hunter2');
  });

  test('are listed up to what a result has room for', async () => {
    engine.containers = Array.from({ length: 3_000 }, (_, at) => listed(`c${at}`));
    expect(await harness.run('docker_list')).toMatchObject({ total: 3_000, left_out: 2_500 });
  });
});

describe('exec of what the file lists', () => {
  const started = (ExitCode: number): void => {
    engine.on('/containers/web/exec', { Id: 'abc' }, 201, 'POST');
    engine.on('/exec/abc/start', Buffer.concat([frame(1, 'done\n'), frame(2, 'careful\n')]), 200, 'POST');
    engine.on('/exec/abc/json', { ID: 'abc', Running: false, ExitCode });
  };

  test('runs it word by word, and gives what it wrote', async () => {
    started(0);
    expect(await harness.run('docker_exec_migrate')).toBe('done\ncareful\n');
    expect(harness.http.calls.find(({ path }) => path.endsWith('/web/exec'))?.body).toEqual({
      Cmd: ['/app/migrate', '--now'],
      AttachStdout: true,
      AttachStderr: true,
      User: 'app',
    });
  });

  test('one that fails is told with its code and its last words; nothing else can be run', async () => {
    started(3);
    expect(await harness.call('docker_exec_migrate')).toMatchObject({
      failure_reason: 'exit_code',
      stderr: 'exit 3: done\ncareful\n',
    });
    expect(await harness.call('docker_exec_other')).toMatchObject({ failure_reason: 'validation_failed' });
  });
});

describe('pull and prune', () => {
  test('what a registry refuses after a good beginning is a failure', async () => {
    const said = [{ status: 'Pulling' }, { id: 'a', status: 'Pull complete' }, { error: 'denied: not yours' }];
    engine.on(
      '/images/create?fromImage=ghcr.io%2Facme%2Fweb&tag=1.2',
      said.map((one) => `${JSON.stringify(one)}\n`).join(''),
      200,
      'POST',
    );
    expect(await harness.call('docker_pull', { image: 'ghcr.io/acme/web:1.2' })).toMatchObject({
      failure_reason: 'pull_failed',
      stderr: 'denied: not yours',
    });
  });

  test('without a tag latest alone is pulled, of a registry with a port too', async () => {
    engine.on('/images/create?fromImage=localhost%3A5000%2Fweb&tag=latest', '{"status":"Status: newer"}\n', 200, 'POST');
    expect(await harness.run('docker_pull', { image: 'localhost:5000/web' })).toEqual({
      image: 'localhost:5000/web',
      status: 'Status: newer',
    });
  });

  test('prune tells what it removed', async () => {
    engine.on('/images/prune', { ImagesDeleted: [{ Deleted: 'a' }, { Untagged: 'b' }], SpaceReclaimed: 5 }, 200, 'POST');
    expect(await harness.run('docker_prune', { what: 'images' })).toEqual({ removed: 2, freed_bytes: 5 });
    engine.on('/build/prune', { CachesDeleted: null, SpaceReclaimed: 0 }, 200, 'POST');
    expect(await harness.run('docker_prune', { what: 'build' })).toEqual({ removed: 0, freed_bytes: 0 });
  });
});

/** What the README has a socket proxy let through. */
const DOCUMENTED = [
  /^GET \/version$/u,
  /^GET \/v1\.41\/(?:_ping|events|containers\/json|images\/json|volumes|networks|system\/df)$/u,
  /^GET \/v1\.41\/containers\/[^/]+\/(?:json|logs|stats)$/u,
  /^POST \/v1\.41\/containers\/[^/]+\/(?:start|stop|restart|kill|exec)$/u,
  /^POST \/v1\.41\/(?:images\/create|[a-z]+\/prune)$/u,
  /^(?:POST \/v1\.41\/exec\/abc\/start|GET \/v1\.41\/exec\/abc\/json)$/u,
];

test('SEC-126: nothing is asked of the engine but what the page lists, so that a proxy can refuse the rest; no container is made', async () => {
  engine.on('/containers/web/exec', { Id: 'abc' }, 201, 'POST');
  engine.on('/exec/abc/start', frame(1, 'x'), 200, 'POST');
  engine.on('/containers/web/json', inspected(false));
  engine.containers = [listed('web')];
  for (const name of Object.keys(harness.manifest)) {
    const params = { docker_prune: { what: 'images' }, docker_pull: { image: 'app' }, docker_list: {}, docker_exec_migrate: {} };
    await harness.call(
      name,
      name === 'docker_refresh' ? {} : (((params as Record<string, object>)[name] ?? { container: 'web' }) as never),
    );
  }
  await harness.advance(120_000);
  const asked = new Set(harness.http.calls.map(({ method, path }) => `${method} ${path.replace(/\?.*/u, '')}`));
  expect(asked.size).toBeGreaterThan(15);
  expect([...asked].filter((one) => !DOCUMENTED.some((pattern) => pattern.test(one)))).toEqual([]);
});

describe('a TCP port', () => {
  test('SEC-126: is refused unless the operator says so in words of its own', async () => {
    const host = 'tcp://127.0.0.1:2375';
    await expect(createHarness(docker, { config: { docker: { host } } })).rejects.toThrow(
      /docker\.host: is "tcp:.+allow_tcp = true/su,
    );
    const allowed = await createHarness(docker, { config: { docker: { host, allow_tcp: true } } });
    allowed.http.on('GET /version', { Version: '20', ApiVersion: '1.41' });
    allowed.http.on('GET /v1.41/containers/json?all=1', []);
    expect(await allowed.run('docker_list')).toMatchObject({ total: 0 });
    expect(new Set(allowed.http.calls.map(({ origin }) => origin))).toEqual(new Set(['http://127.0.0.1:2375']));
    await allowed.close();
  });
});
