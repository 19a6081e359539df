import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPeer } from '../plugin-services/http-server.ts';
import type { Peer } from '../plugin-services/http-server.ts';
import { HostStage } from './agent-process.ts';

const VERSION = { Version: '24.0.7', ApiVersion: '1.43', MinAPIVersion: '1.12' };
const LISTED = {
  Id: 'f'.repeat(64),
  Names: ['/shop-web-1'],
  Image: 'app:1',
  Created: 1_700_000_000,
  State: 'running',
  Status: 'Up 2 minutes',
  Ports: null,
  Labels: { 'com.docker.compose.project': 'shop' },
};

describe('a host that has [project] and no [docker], at a v1 hub', () => {
  let stage: HostStage;
  let engine: Peer;

  beforeEach(async () => {
    stage = await HostStage.create();
    engine = await startPeer((request, response) => {
      response.setHeader('content-type', 'application/json');
      const project = decodeURIComponent(/filters=(.*)$/u.exec(request.url ?? '')?.[1] ?? '');
      if (request.url === '/version') response.end(JSON.stringify(VERSION));
      else response.end(JSON.stringify(project.includes('com.docker.compose.project=shop') ? [LISTED] : []));
    }, stage.path('docker.sock'));
    mkdirSync(stage.path('shop'));
    writeFileSync(stage.path('shop/compose.yml'), 'services:\n  web: {}\n');
    const file = stage.path('shop/compose.yml');
    const project = `[project]\nproject_dir = "${stage.path('shop')}"\ncompose_file = "${file}"\ndocker_service_name = "web"\n`;
    stage.configure(['collect_containers = false', 'collect_containers = true'], ['[storage]', `${project}\n[storage]`]);
    stage.launch([], { DOCKER_HOST: `unix://${stage.path('docker.sock')}` });
  });
  afterEach(async () => {
    await stage.close();
    await engine[Symbol.asyncDispose]();
  });

  it('E3: each push names the running containers of its project, read from the engine of DOCKER_HOST by their labels', async () => {
    const { inbox } = await stage.hub.link();
    const push = await inbox.until('a push', ({ type }) => type === 'metrics.push');
    expect(push.payload['containers']).toEqual([{ name: 'shop-web-1', status: 'running', image: 'app:1' }]);
  });

  it('docker_stop is unlisted there: refused, told as such, and the engine never asked', async () => {
    const { inbox } = await stage.hub.link();
    const register = await inbox.until('register', ({ type }) => type === 'register');
    expect(Object.keys(register.payload['commands'] as object)).toEqual(['docker_logs', 'git_pull']);
    const { payload } = await stage.hub.run('docker_stop', { container: 'shop-web-1' });
    expect(payload).toMatchObject({ success: false, exit_code: -1, failure_reason: 'validation_failed', group: 'unknown' });
    expect(payload['stderr']).toContain('docker_logs');
    const rejections = ({
      type,
      payload: { events },
    }: {
      readonly type: string;
      readonly payload: Readonly<Record<string, unknown>>;
    }) => type === 'events.batch' && (events as { readonly kind: string }[]).some(({ kind }) => kind === 'whitelist_rejection');
    await inbox.until('the event', rejections);
    expect(engine.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });
});
