import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrol, Stage } from '../../test-support/hub-fixture.ts';
import { metricsPayload, resultPayload } from '../../test-support/payloads.ts';
import { Person } from '../../test-support/person.ts';
import type { FakeAgent } from '../../test-support/hub-fixture.ts';
import type { Hub } from '../index.ts';

describe("people's API", () => {
  let stage: Stage;
  let hub: Hub;
  let agent: FakeAgent;
  let person: Person;
  beforeEach(async () => {
    stage = new Stage();
    hub = await stage.startHub();
    agent = await stage.connect(hub, await enrol(hub, 'web-1'));
    person = await Person.signedIn(hub);
  });
  afterEach(async () => {
    await stage.close();
  });

  it('describes itself in OpenAPI, every route of ours', async () => {
    const document = (await person.call('GET', '/api/v1/openapi.json')).json() as {
      openapi: string;
      paths: Record<string, Record<string, unknown>>;
    };
    expect(document.openapi).toBe('3.1.0');
    const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path.replace('/api/v1', '')}`),
    );
    expect(routes.toSorted()).toEqual(
      [
        'get /health',
        'post /setup',
        'get /me',
        'post /logout',
        'get /agents',
        'get /agents/{id}',
        'get /agents/{id}/commands',
        'post /agents/{id}/commands/{request}/cancel',
        'get /agents/{id}/plugins',
        'get /agents/{id}/events',
        'get /metrics',
        'post /runs',
        'get /runs',
        'get /runs/{id}',
        'post /enrol-tokens',
        'get /stream/fleet',
      ].toSorted(),
    );
  });

  it('shows an agent in the shape the dashboard reads', async () => {
    await agent.register({ features: ['results.ack'] });
    agent.send('metrics.push', metricsPayload());
    agent.send('heartbeat', {});
    await agent.next('heartbeat.ack');
    const view = (await person.call('GET', '/api/v1/agents/web-1')).json();
    expect(view).toEqual({
      id: 'web-1',
      state: 'active',
      version: '0.3.2',
      os: 'Debian GNU/Linux 12 (bookworm)',
      liveness: {
        link: { state: 'up', since: expect.any(Number) as number },
        agent: { state: 'ok', since: expect.any(Number) as number, skew_ms: expect.any(Number) as number },
      },
      figures: {
        cpu_percent: 12.3,
        memory_percent: 45.1,
        memory_used_mb: 512.5,
        memory_total_mb: 1024,
        disk_percent: 33.3,
        disk_used_gb: 10,
        disk_total_gb: 30,
        load_avg_1m: 0.41,
        load_avg_5m: 0.3,
        uptime_seconds: 12345.6,
        containers: 1,
        at: expect.any(Number) as number,
      },
      certificate: { serial: expect.stringMatching(/^01[0-9a-f]{32}$/) as string, not_after: expect.any(Number) as number },
      signoff: { sealed: true, unsealed_since: null },
      features: ['results.ack'],
      revision: expect.any(Number) as number,
    });
    expect((await person.call('GET', '/api/v1/agents')).json()).toEqual({ items: [view], next: null });
    await agent.close();
    const stream = await person.stream('/api/v1/stream/fleet');
    stage.defer(() => stream.close());
    const down = await stream.until('agents', (data) => (data['liveness'] as { link: { state: string } }).link.state === 'down');
    expect(down['liveness']).toMatchObject({ agent: { state: 'silent' } });
    expect(Number(down['revision'])).toBeGreaterThan(Number(view['revision']));
  });

  it('lists the commands of the manifest', async () => {
    await agent.register();
    const { items } = (await person.call('GET', '/api/v1/agents/web-1/commands')).json() as { items: object[] };
    expect(items).toHaveLength(3);
    expect(items[0]).toEqual({
      name: 'show',
      group: 'diagnostics',
      description: 'shows',
      template: ['show', '{what}'],
      timeout: 30,
      requires_confirmation: false,
      long_running: false,
      params: { what: { default: null, pattern: '[a-z]+', description: '' } },
      form: null,
    });
  });

  it('gives figures as columns, with null where a value is missing, and as averages when there are many', async () => {
    await agent.register();
    for (const cpu of [10, 20, 5000, 30]) {
      agent.send('metrics.push', metricsPayload({ cpu_percent: cpu }));
      await agent.next('metrics.ack');
    }
    const path = '/api/v1/metrics?agent=web-1&names=cpu_percent,memory_used_mb';
    const all = (await person.call('GET', `${path}&points=240`)).json() as {
      t: number[];
      series: { name: string; unit: string; values: (number | null)[] }[];
    };
    expect(all.series).toEqual([
      { name: 'cpu_percent', unit: '%', values: [10, 20, null, 30] },
      { name: 'memory_used_mb', unit: 'MiB', values: [512.5, 512.5, 512.5, 512.5] },
    ]);
    expect(all.t).toHaveLength(4);
    expect(Math.abs((all.t[0] ?? 0) - Date.now() / 1_000)).toBeLessThan(3_600);
    const one = (await person.call('GET', `${path}&points=1`)).json() as typeof all;
    expect(one.series[0]?.values).toEqual([20]);
    expect((await person.call('GET', '/api/v1/metrics?agent=web-1&names=nope')).json()).toMatchObject({
      status: 422,
      code: 'E_METRIC_PARAM',
    });
    expect((await person.call('GET', '/api/v1/metrics?agent=nobody&names=cpu_percent')).status).toBe(404);
  });

  it('makes enrolment tokens, once a key', async () => {
    const make = async (key: string, body: object): Promise<Record<string, unknown>> =>
      (await person.call('POST', '/api/v1/enrol-tokens', body, { 'idempotency-key': key })).json();
    const made = await make('k1', { agent_id: 'web-2', minutes: 60 });
    expect(made).toMatchObject({ line: `stormpulse enroll ${hub.agentsUrl}/api/enroll/ web-2 ${String(made['token'])}` });
    expect(Math.round((Number(made['expires_at']) - Date.now()) / 60_000)).toBe(60);
    expect(await make('k1', { agent_id: 'web-2', minutes: 60 })).toEqual(made);
    expect(await make('k1', { agent_id: 'web-3' })).toMatchObject({ code: 'E_IDEMPOTENCY' });
    expect(await make('k2', { agent_id: 'web-1' })).toMatchObject({ code: 'E_STATE', status: 409 });
    expect(await make('k3', { agent_id: 'no spaces' })).toMatchObject({ code: 'E_PARAM', status: 422 });
  });

  it('streams a snapshot, then changes of agents, runs and events; ends with the login', async () => {
    await agent.register();
    const stream = await person.stream('/api/v1/stream/fleet');
    stage.defer(() => stream.close());
    expect(stream.status).toBe(200);
    expect(await stream.until('agents')).toMatchObject({ id: 'web-1', figures: null });
    agent.send('metrics.push', metricsPayload({ cpu_percent: 77 }));
    await stream.until('agents', (data) => (data['figures'] as { cpu_percent?: number } | null)?.cpu_percent === 77);
    const { id } = (await person.run({ agent: 'web-1', command: 'show', params: { what: 'a' } })).json();
    await stream.until('run', (data) => data['id'] === id && data['state'] === 'sent');
    const request = await agent.next('command.request');
    agent.send('command.result', resultPayload(request.id, 'show'));
    await stream.until('run', (data) => data['id'] === id && data['state'] === 'succeeded');
    agent.send('events.batch', { batch_id: 'b', events: [{ ts: '2026-03-04T05:06:07.089Z', source: 'ws', kind: 'reconnect' }] });
    expect(await stream.until('agent-event')).toMatchObject({ agent: 'web-1', event: { kind: 'reconnect' } });

    const later = await person.stream('/api/v1/stream/fleet');
    expect(await later.until('run')).toMatchObject({ id, state: 'succeeded' });
    await person.call('POST', '/api/v1/logout');
    await Promise.all([stream.closed, later.closed]);
  });

  it("serves the dashboard's files and its index for its pages", async () => {
    const dashboardDir = join(stage.newStateDir(), 'dist');
    mkdirSync(join(dashboardDir, 'assets'), { recursive: true });
    writeFileSync(join(dashboardDir, 'index.html'), '<!doctype html><title>page</title>');
    writeFileSync(join(dashboardDir, 'assets', 'a-1.js'), 'export {};');
    const other = await stage.startHub({ dashboardDir });
    const visitor = new Person(other);
    for (const path of ['/', '/setup', '/agents/web-1']) {
      const page = await visitor.call('GET', path, undefined, {
        accept: 'text/html',
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
      });
      expect([page.status, page.text], path).toEqual([200, '<!doctype html><title>page</title>']);
      expect(page.headers['content-type']).toMatch(/^text\/html/);
      expect(page.headers['cache-control']).toBe('no-store');
    }
    const script = await visitor.call('GET', '/assets/a-1.js');
    expect([script.status, script.text]).toEqual([200, 'export {};']);
    expect(script.headers['content-type']).toMatch(/javascript/);
    expect((await visitor.call('GET', '/assets/none.js')).status).toBe(404);
    expect((await visitor.call('GET', '/../hub.db')).status).not.toBe(200);
    expect((await visitor.call('GET', '/%2e%2e/%2e%2e/hub.db')).status).not.toBe(200);
  });

  it('says how to get a dashboard when there is none', async () => {
    const other = await stage.startHub({ dashboardDir: stage.newStateDir() });
    expect((await new Person(other).call('GET', '/')).json()).toMatchObject({ status: 503, code: 'E_DASHBOARD' });
  });
});
