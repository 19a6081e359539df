import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHarness } from '@stormpulse/sdk/testing';
import type { Harness } from '@stormpulse/sdk/testing';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { projectLabel } from '../src/compose-project.ts';
import docker from '../src/index.ts';
import { listed } from './scripted-engine.ts';

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
  rmSync(folder, { recursive: true, force: true });
});

const project = (more: object = {}): object => ({
  project_dir: '/srv/app',
  compose_file: composeFile,
  docker_service_name: 'web',
  ...more,
});

async function start(config: object): Promise<Harness> {
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
    const { manifest, call } = await start({ project: project() });
    expect(Object.keys(manifest)).toEqual(['docker_logs']);
    for (const name of ['docker_stop', 'docker_container_logs', 'docker_up', 'docker_refresh'])
      expect(await call(name, { container: 'web' })).toMatchObject({ failure_reason: 'validation_failed', exit_code: -1 });
    expect(harness?.http.calls.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  test('docker case 36, F15: docker_logs with service web and no env file has v1’s argv, without --env-file', async () => {
    const { run, exec } = await start({ project: project() });
    await run('docker_logs', { docker_service_name: 'web' });
    const argv = ['compose', '-f', composeFile, 'logs', '--tail', '100', 'web'];
    expect(exec.calls).toMatchObject([{ file: DOCKER, args: argv }]);
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
    const { call, exec } = await start({ project: project() });
    expect(await call('docker_logs', params)).toMatchObject({ failure_reason: 'validation_failed' });
    expect(exec.calls).toEqual([]);
  });

  test('docker case 33, 34: each push names the running containers of the project, as compose would', async () => {
    const { http, advance } = await start({ project: project() });
    answersVersion(harness as Harness);
    http.on(LIST('com.docker.compose.project=shop2'), [
      listed('shop2-web-1', { Names: ['/other/alias', '/shop2-web-1'] }),
      listed('shop2-db-1', { State: 'paused' }),
      listed('shop2-run-1', { Labels: { 'com.docker.compose.oneoff': 'True' } }),
    ]);
    await vi.waitFor(async () => {
      await advance(PUSH_MS);
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
    const { http, advance } = await start({ project: project() });
    answersVersion(harness as Harness);
    http.on(LIST('com.docker.compose.project=shop2'), [listed('web')]);
    await vi.waitFor(async () => {
      await advance(PUSH_MS);
      expect(harness?.state('docker.project')).toMatchObject({ containers: [{ name: 'web' }] });
    }, PATIENT);
    http.on(LIST('com.docker.compose.project=shop2'), { message: 'no more' }, { status: 500 });
    await vi.waitFor(async () => {
      await advance(PUSH_MS);
      const error: unknown = expect.stringContaining('HTTP 500');
      expect(harness?.state('docker.project')).toEqual({ error, containers: [] });
      expect(harness?.status.plugins[0]).toMatchObject({ state: 'degraded' });
    }, PATIENT);
  });

  test('where collect_containers is off the engine is not asked', async () => {
    const { advance } = await start({ project: project(), collect_containers: false });
    await advance(PUSH_MS);
    expect(harness?.http.calls).toEqual([]);
    expect(harness?.state('docker.project')).toBeUndefined();
  });

  test('F18: a disabled command is not offered', async () => {
    const { manifest } = await start({ project: project(), disabled_commands: ['docker_logs'] });
    expect(manifest).toEqual({});
  });
});

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
    const { manifest, run, exec } = await start({ docker: {}, project: project({ env_file: '/srv/app/.env' }) });
    for (const name of ['docker_build', 'docker_up', 'docker_down']) await run(name);
    const files = ['compose', '--env-file', '/srv/app/.env', '-f', composeFile];
    expect(exec.calls.map(({ args }) => args)).toEqual([
      [...files, 'build'],
      [...files, 'up', '-d'],
      [...files, 'down'],
    ]);
    expect([manifest['docker_build'], manifest['docker_up'], manifest['docker_down']]).toMatchObject([
      { group: 'deploy', timeout: 300, requires_confirmation: false },
      { group: 'deploy', timeout: 120, requires_confirmation: false },
      { group: 'deploy', timeout: 60, requires_confirmation: true },
    ]);
  });

  test('a declared project has its own four, and compose ps is asked as v2 answers it', async () => {
    const projects = { shop: { compose_file: '/srv/shop/compose.yml' } };
    const { run, exec } = await start({ docker: { projects } });
    for (const what of ['up', 'down', 'pull', 'ps']) await run(`docker_compose_shop_${what}`);
    const files = ['compose', '-f', '/srv/shop/compose.yml'];
    expect(exec.calls.map(({ args }) => args)).toEqual([
      [...files, 'up', '-d'],
      [...files, 'down'],
      [...files, 'pull'],
      [...files, 'ps', '--all', '--format', 'json'],
    ]);
  });
});
