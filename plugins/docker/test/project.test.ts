import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHarness, manifestOf } from '@stormpulse/sdk/testing';
import type { Harness } from '@stormpulse/sdk/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { composeProblem, prepareConfig } from '../src/compose-program.ts';
import { projectLabel } from '../src/compose-project.ts';
import docker from '../src/index.ts';
import { NOW, ScriptedEngine, listed } from './scripted-engine.ts';

const PUSH_MS = 15_000;
const PATIENT = { timeout: 20_000, interval: 10 };
const DOCKER = '/usr/bin/docker';

let folder: string;
let composeFile: string;
let harness: Harness | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'project-'));
  mkdirSync(join(folder, 'Shop.2'));
  composeFile = join(folder, 'Shop.2', 'compose.yml');
  writeFileSync(composeFile, 'services:\n  web: {}\n');
});
afterEach(async () => {
  await harness?.close();
  harness = undefined;
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const project = (more: object = {}): object => ({
  project_dir: '/srv/app',
  compose_file: composeFile,
  docker_service_name: 'web',
  ...more,
});

async function start(config: object): Promise<Harness> {
  vi.stubEnv('DOCKER_CONFIG', join(folder, 'docker-cli'));
  harness = await createHarness(docker, { config });
  return harness;
}

/** What the engine is asked for the running containers of a project. */
const LIST = (label: string): `GET /${string}` =>
  `GET /v1.41/containers/json?filters=${encodeURIComponent(JSON.stringify({ label: [label] }))}`;

function answersVersion({ http }: Harness): void {
  http.on('GET /version', { Version: '20.10.24', ApiVersion: '1.41' });
}

describe('[project] alone', () => {
  test('gives what v1 had, and docker_stop of a v1 hub is unlisted', async () => {
    const host = await start({ project: project() });
    expect(Object.keys(host.manifest)).toEqual(['docker_logs']);
    for (const name of ['docker_stop', 'docker_container_logs', 'docker_up', 'docker_refresh'])
      expect(await host.call(name, { container: 'web' })).toMatchObject({ failure_reason: 'validation_failed', exit_code: -1 });
    expect(harness?.http.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  test('docker case 36, F15: docker_logs with service web and no env file has v1’s argv, without --env-file', async () => {
    const host = await start({ project: project() });
    await host.run('docker_logs', { docker_service_name: 'web' });
    const argv = ['compose', '-f', composeFile, 'logs', '--tail', '100', 'web'];
    expect(host.exec.calls).toMatchObject([{ file: DOCKER, args: argv }]);
    await harness?.close();
    await start({ project: project({ env_file: '/srv/app/.env' }) });
    await harness?.run('docker_logs', { tail_lines: '00005' });
    expect(harness?.exec.calls).toMatchObject([
      { file: DOCKER, args: ['compose', '--env-file', '/srv/app/.env', '-f', composeFile, 'logs', '--tail', '00005', 'web'] },
    ]);
  });

  test('v1 hubs read docker_logs in the manifest as they did', async () => {
    const { manifest } = await start({ project: project({ env_file: '/srv/app/.env' }) });
    expect(manifest['docker_logs']).toMatchObject({
      group: 'diagnostics',
      timeout: 30,
      requires_confirmation: false,
      long_running: false,
      params: { docker_service_name: { default: 'web' }, tail_lines: { default: '100', pattern: '[0-9]{1,5}' } },
    });
  });

  test.each([
    ['docker case 37: service --follow', { docker_service_name: '--follow' }],
    ['docker case 38, F4: 123456 lines', { tail_lines: '123456' }],
    ['docker case 38, F5: a line end after the number', { tail_lines: '5\n' }],
    ['F3: an unknown parameter', { since: '1h' }],
  ])('%s is refused, and nothing runs', async (_, params: Record<string, string>) => {
    const host = await start({ project: project() });
    expect(await host.call('docker_logs', params)).toMatchObject({ failure_reason: 'validation_failed' });
    expect(host.exec.calls).toEqual([]);
  });

  test('E1: each push names the running containers of the project, as compose would', async () => {
    const host = await start({ project: project() });
    answersVersion(harness as Harness);
    host.http.on(LIST('com.docker.compose.project=shop2'), [
      listed('shop2-web-1', { Names: ['/other/alias', '/shop2-web-1'] }),
      listed('shop2-db-1', { State: 'paused' }),
      listed('shop2-run-1', { Labels: { 'com.docker.compose.oneoff': 'True' } }),
    ]);
    await vi.waitFor(async () => {
      await host.advance(PUSH_MS);
      expect(harness?.state('docker.project')).toEqual({
        error: null,
        containers: [
          { name: 'shop2-db-1', status: 'paused', image: 'app:1' },
          { name: 'shop2-web-1', status: 'running', image: 'app:1' },
        ],
      });
    }, PATIENT);
  });

  test('docker case 35, E2: without an engine the push has no containers, and the state says why', async () => {
    const host = await start({ project: project() });
    answersVersion(harness as Harness);
    host.http.on(LIST('com.docker.compose.project=shop2'), [listed('web')]);
    await vi.waitFor(async () => {
      await host.advance(PUSH_MS);
      expect(harness?.state('docker.project')).toMatchObject({ containers: [{ name: 'web' }] });
    }, PATIENT);
    host.http.on(LIST('com.docker.compose.project=shop2'), { message: 'no more' }, { status: 500 });
    await vi.waitFor(async () => {
      await host.advance(PUSH_MS);
      const error: unknown = expect.stringContaining('HTTP 500');
      expect(harness?.state('docker.project')).toEqual({ error, containers: [] });
      expect(harness?.status.plugins[0]).toMatchObject({ state: 'degraded' });
    }, PATIENT);
  });

  test('beside [docker] the engine is asked for them when an event says so, not with each push; without events it is', async () => {
    const host = await start({ docker: {}, project: project() });
    vi.useFakeTimers({ toFake: ['Date'], now: NOW });
    const engine = new ScriptedEngine(host.http);
    const label = LIST('com.docker.compose.project=shop2');
    const asked = (): number => host.http.calls.filter(({ path }) => label.endsWith(path)).length;
    const named = (name: string): Promise<void> =>
      vi.waitFor(async () => {
        await host.advance(PUSH_MS);
        expect(harness?.state('docker.project')).toMatchObject({ error: null, containers: [{ name }] });
      }, PATIENT);
    host.http.on(label, [listed('web')]);
    await vi.waitFor(async () => {
      await host.advance(1_000);
      expect(harness?.status.plugins[0]).toMatchObject({ state: 'ready' });
    }, PATIENT);
    await named('web');
    // Each push reads the file, really: what it asks may come a little later.
    const pushes = async (): Promise<number> => {
      const before = asked();
      for (let push = 0; push < 20; push += 1) {
        await host.advance(PUSH_MS);
        await projectLabel(composeFile);
      }
      return asked() - before;
    };
    await vi.waitFor(async () => expect(await pushes()).toBe(0), PATIENT);
    host.http.on(label, [listed('db')]);
    engine.happens('container', 'start');
    await named('db');
    engine.vanish();
    await vi.waitFor(async () => {
      await host.advance(PUSH_MS);
      expect(harness?.state('docker.project')).toMatchObject({ error: expect.any(String) as string, containers: [] });
    }, PATIENT);
    vi.useRealTimers();
  });

  test('where collect_containers is off the engine is not asked', async () => {
    const host = await start({ project: project(), collect_containers: false });
    await host.advance(PUSH_MS);
    expect(harness?.http.calls).toEqual([]);
    expect(harness?.state('docker.project')).toBeUndefined();
  });

  test('F18: a disabled command is not offered', async () => {
    const { manifest } = await start({ project: project(), disabled_commands: ['docker_logs'] });
    expect(manifest).toEqual({});
  });
});

test.each([
  ['the file names', { docker: { host: 'unix:/run/user/7/docker.sock' } }, {}, 'unix:///run/user/7/docker.sock'],
  ['the agent has in DOCKER_HOST', {}, { DOCKER_HOST: 'unix:///run/user/8/docker.sock' }, 'unix:///run/user/8/docker.sock'],
  ['is the usual one, and no port', {}, { DOCKER_HOST: 'tcp://10.0.0.1:2375' }, 'unix:///var/run/docker.sock'],
])('SEC-125: the docker program and the API are given the socket that %s', (_, config, environment, expected) => {
  const { environments, origins } = inEnvironment(environment, config);
  expect(origins).toEqual([expected.replace('//', '')]);
  for (const given of environments) expect(given).toMatchObject({ DOCKER_HOST: { text: expected } });
});

test.each([
  ['the file names', { docker: { cli_config: '/etc/x' } }, { DOCKER_CONFIG: '/etc/y' }, '/etc/x'],
  ['the agent has in DOCKER_CONFIG', {}, { DOCKER_CONFIG: '/etc/y' }, '/etc/y'],
  ['lies in the state folder of the service', {}, { STATE_DIRECTORY: '/var/lib/stormpulse' }, '/var/lib/stormpulse/docker-cli'],
  ['is the agent’s own, not that of its home folder', { docker: {} }, {}, '/home/ada/.local/share/stormpulse/docker-cli'],
  ['is no path of wherever it runs', {}, { DOCKER_CONFIG: 'x' }, '/home/ada/.local/share/stormpulse/docker-cli'],
])('SEC-125: the docker program reads no config but the one that %s', (_, config, environment, expected) => {
  const { environments } = inEnvironment({ HOME: '/home/ada', ...environment }, config);
  const given = { DOCKER_CONFIG: { text: expected }, BUILDX_CONFIG: { text: `${expected}/buildx` } };
  for (const one of environments) expect(one).toMatchObject(given);
});

test('a host without compose is told where to put it, and which are not used', async () => {
  const own = join(folder, 'docker-cli');
  expect(await composeProblem({ DOCKER_CONFIG: own }, [])).toMatch(/install it for all users.+docker-cli\/cli-plugins.+home/u);
  mkdirSync(join(own, 'cli-plugins'), { recursive: true });
  writeFileSync(join(own, 'cli-plugins/docker-compose'), '#!/bin/sh\n', { mode: 0o755 });
  expect(await composeProblem({ DOCKER_CONFIG: own }, [])).toBeUndefined();
  await start({ docker: { cli_config: own }, project: project() });
  expect(harness?.log.filter(({ message }) => message.includes('compose plugin'))).toEqual([]);
});

test('SEC-125: there is a config, so that none of a home folder is taken; a folder that somebody named is left to them', async () => {
  const own = join(folder, 'state/docker-cli');
  const file = join(own, 'config.json');
  expect(await prepareConfig(own, false)).toMatch(/config\.json is not there.+make it/u);
  expect(existsSync(own)).toBe(false);
  expect(await prepareConfig(own, true)).toBeUndefined();
  expect(readFileSync(file, 'utf8')).toBe('{}\n');
  writeFileSync(file, '{"auths":{}}');
  expect(await prepareConfig(own, true)).toBeUndefined();
  expect(readFileSync(file, 'utf8')).toBe('{"auths":{}}');
  expect(await prepareConfig(file, true)).toMatch(/could not be made.+make it/u);
});

/** What the plugin would run and reach, with these variables in the agent's environment. */
function inEnvironment(environment: object, config: object): { environments: readonly object[]; origins: unknown } {
  for (const name of ['DOCKER_HOST', 'DOCKER_CONFIG', 'STATE_DIRECTORY']) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value as string);
  const { commands, capabilities } = manifestOf(docker, { ...config, project: project() });
  vi.unstubAllEnvs();
  const environments = commands.flatMap(({ mode }) => (mode.kind === 'subprocess' ? [mode.env ?? {}] : []));
  expect(environments.length).toBeGreaterThan(0);
  return { environments, origins: capabilities.http };
}

describe('the name of a compose project', () => {
  test.each([
    ['its folder', 'services: {}\n', '', 'project=shop2'],
    ['name: in the file', '# x\nname: "Web_Shop" # mine\n', '', 'project=web_shop'],
    ['.env beside it', 'name: other\n', 'A=1\nCOMPOSE_PROJECT_NAME=stage\n', 'project=stage'],
  ])('is that of %s', async (_, compose, variables, label) => {
    writeFileSync(composeFile, compose);
    if (variables !== '') writeFileSync(join(folder, 'Shop.2/.env'), variables);
    expect(await projectLabel(composeFile)).toBe(`com.docker.compose.${label}`);
  });

  test('that is computed is not guessed: its containers are found by the file', async () => {
    writeFileSync(composeFile, 'name: shop-${STAGE}\n');
    expect(await projectLabel(composeFile)).toBe(`com.docker.compose.project.config_files=${composeFile}`);
  });
});

describe('[docker] beside [project]', () => {
  test('gives v1’s deploy commands, with v1’s argv, groups and limits', async () => {
    const host = await start({ docker: {}, project: project({ env_file: '/srv/app/.env' }) });
    for (const name of ['docker_build', 'docker_up', 'docker_down']) await host.run(name);
    const files = ['compose', '--env-file', '/srv/app/.env', '-f', composeFile];
    expect(host.exec.calls.map(({ args }) => args)).toEqual([
      [...files, 'build'],
      [...files, 'up', '-d'],
      [...files, 'down'],
    ]);
    expect([host.manifest['docker_build'], host.manifest['docker_up'], host.manifest['docker_down']]).toMatchObject([
      { group: 'deploy', timeout: 300, requires_confirmation: false },
      { group: 'deploy', timeout: 120, requires_confirmation: false },
      { group: 'deploy', timeout: 60, requires_confirmation: true },
    ]);
  });

  test('a declared project has its own four, and compose ps is asked for what v2 answers', async () => {
    const projects = { shop: { compose_file: '/srv/shop/compose.yml' } };
    const host = await start({ docker: { projects } });
    for (const what of ['up', 'down', 'pull', 'ps']) await host.run(`docker_compose_shop_${what}`);
    const files = ['compose', '-f', '/srv/shop/compose.yml'];
    expect(host.exec.calls.map(({ args }) => args)).toEqual([
      [...files, 'up', '-d'],
      [...files, 'down'],
      [...files, 'pull'],
      [...files, 'ps', '--all', '--format', 'json'],
    ]);
  });

  describe('compose ps', () => {
    const ps = async (stdout: string) => {
      const host = await start({ docker: { projects: { shop: { compose_file: '/srv/shop/compose.yml' } } } });
      host.exec.on(DOCKER, /ps --all --format json$/u, { stdout });
      return await host.run('docker_compose_shop_ps');
    };
    /** As compose 2.17 and 2.26 wrote them, but for names. */
    const BEFORE_2_21 =
      '[{"ID":"0b2c","Name":"shop-db-1","Command":"\\"postgres\\"","Project":"shop","Service":"db","State":"running","Health":"healthy","ExitCode":0,"Publishers":null},{"ID":"1c3d","Name":"shop-web-1","Command":"\\"run\\"","Project":"shop","Service":"web","State":"exited","Health":"","ExitCode":137,"Publishers":[{"URL":"0.0.0.0","TargetPort":80,"PublishedPort":8080,"Protocol":"tcp"}]}]\n';
    const LINE = (name: string): string =>
      `{"Command":"\\"docker-entrypoint.s…\\"","CreatedAt":"2024-05-02 12:21:53 +0400 +04","ExitCode":0,"Health":"","ID":"d2763e024a10","Image":"redis:7","Labels":"com.docker.compose.project=shop,token=hunter2","LocalVolumes":"1","Mounts":"","Name":"shop-${name}-1","Names":"shop-${name}-1","Networks":"shop_default","Ports":"6379/tcp","Project":"shop","Publishers":[],"RunningFor":"2 hours ago","Service":"${name}","Size":"0B","State":"running","Status":"Up 2 hours"}`;

    test('docker case 33: an array of two is two containers', async () => {
      expect(await ps(BEFORE_2_21)).toEqual({
        total: 2,
        left_out: 0,
        unread_lines: 0,
        containers: [
          { name: 'shop-db-1', service: 'db', image: 'unknown', state: 'running', health: 'healthy', exit_code: 0 },
          { name: 'shop-web-1', service: 'web', image: 'unknown', state: 'exited', health: '', exit_code: 137 },
        ],
      });
    });

    test('docker case 34: two lines and a garbage one are two containers and a warning; labels are not told', async () => {
      const answer = await ps(`${LINE('db')}\n{"Name":"half\n${LINE('web')}\n`);
      expect(answer).toMatchObject({
        total: 2,
        unread_lines: 1,
        containers: [{ name: 'shop-db-1' }, { service: 'web', image: 'redis:7' }],
      });
      expect(JSON.stringify(answer)).not.toContain('hunter2');
      expect(harness?.log.filter(({ level, message }) => level === 'warn' && message.includes('{"Name":"half'))).toHaveLength(1);
    });

    test('nothing, null and numbers are no containers; control characters stay with the host', async () => {
      expect(await ps('')).toMatchObject({ total: 0, unread_lines: 0 });
      await harness?.close();
      expect(await ps('[null, 7, {"Name": "a\\u001b[31m", "State": 3}]')).toMatchObject({
        unread_lines: 2,
        containers: [{ name: 'a\uFFFD[31m', state: 'unknown', service: '' }],
      });
    });

    test('docker case 35: what compose refused is a failure, in its words', async () => {
      const host = await start({ docker: { projects: { shop: { compose_file: '/srv/shop/compose.yml' } } } });
      host.exec.on(DOCKER, /ps --all/u, { exitCode: 14, stderr: 'no configuration file provided' });
      expect(await host.call('docker_compose_shop_ps')).toMatchObject({
        success: false,
        stderr: expect.stringContaining('no configuration file provided') as string,
      });
    });
  });
});
