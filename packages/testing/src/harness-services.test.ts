import { SecretRef, Type, collector, defineEvent, definePlugin, handler } from '@stormpulse/plugin-api';
import { expect, test } from 'vitest';
import { createMemoryStores } from './fakes/stores.ts';
import { createHarness } from './harness.ts';

const restarted = defineEvent('docker.restarted', Type.Object({ container: Type.String() }));
const cleared = defineEvent('shed.cleared', Type.Object({ bucket: Type.String(), objects: Type.Integer() }));
const Bucket = Type.Object({ id: Type.String(), objects: Type.Integer() });

/** A plugin that uses everything that stands behind its context. */
const shed = definePlugin({
  name: 'shed',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'A plugin for tests.',
  configSchema: Type.Object({ admin: Type.String({ default: 'http://127.0.0.1:3903' }), token: SecretRef() }),
  capabilities: ({ admin }) => ({ http: [admin], commands: 'destructive' }),
  setup({ config, commands, collectors, http, events, storage, logs, health }) {
    const api = http.client(config.admin, {
      headers: async () => ({ authorization: `Bearer ${await config.token.reveal()}` }),
    });
    const seen = storage.open('seen', Type.Integer());
    const restarts = storage.open('restarts', Type.String());
    collectors.register(
      collector({
        id: 'buckets',
        every: '60s',
        state: Type.Array(Bucket),
        collect: ({ signal }) => api.json({ path: '/v2/ListBuckets?all=1', signal }, Type.Array(Bucket)),
      }),
    );
    commands.register(
      handler({
        id: 'clear',
        title: 'Clear',
        effect: 'destructive',
        confirm: 'none',
        timeout: '60s',
        params: Type.Object({ bucket: Type.String({ maxLength: 20 }) }),
        result: Type.Integer(),
        run: async ({ params: { bucket } }) => {
          const { objects } = await api.json({ method: 'POST', path: '/v2/Clear', body: { bucket } }, Bucket);
          const times = ((await seen.get(bucket)) ?? 0) + 1;
          await seen.set(bucket, times);
          events.emit(cleared, { bucket, objects });
          return times;
        },
      }),
      handler({
        id: 'export',
        title: 'Export',
        effect: 'read',
        timeout: '60s',
        params: Type.Object({}),
        result: Type.Array(Type.String()),
        run: async () => {
          const pieces: string[] = [];
          await api.stream({ path: '/v2/Export' }, (piece) => void pieces.push(Buffer.from(piece).toString()));
          return [...pieces, await api.text({ path: '/v2/Text' })];
        },
      }),
    );
    events.on(restarted, ({ container }) => restarts.set(container, 'seen'));
    logs.parser({ id: 'access', parse: (line) => (line === '' ? undefined : { ts: 1, message: line.toUpperCase() }) });
    health.probe({ id: 'api', every: '30s', check: async () => void (await api.text({ path: '/health' })) });
  },
});

const config = { token: { file: '/run/creds/token' } };
const secrets = { '/run/creds/token': 't0ken' };

test('http: a fake behind the same grants and schemas; what was sent can be looked at', async () => {
  await using h = await createHarness(shed, { config, secrets });
  h.http.on('GET /v2/ListBuckets?all=1', [{ id: 'a', objects: 1, strange: true }]);
  await h.advance(60_000);
  expect(h.state('shed.buckets')).toEqual([{ id: 'a', objects: 1 }]);
  h.http.on('POST /v2/Clear', ({ body }: { body: { bucket: string } }) => ({ id: body.bucket, objects: 7 }));
  expect(await h.run('shed.clear', { bucket: 'a' })).toBe(1);
  expect(h.http.calls.at(-1)).toMatchObject({
    origin: 'http://127.0.0.1:3903',
    method: 'POST',
    path: '/v2/Clear',
    headers: { authorization: 'Bearer t0ken' },
    body: { bucket: 'a' },
  });
  h.http.on('POST /v2/Clear', { id: 'a', objects: 'many' });
  expect((await h.call('shed.clear', { bucket: 'a' })).stderr).toContain('/objects');
  h.http.on('POST /v2/Clear', { code: 'BucketNotEmpty' }, { status: 409 });
  expect((await h.call('shed.clear', { bucket: 'a' })).stderr).toContain('HTTP 409: {"code":"BucketNotEmpty"}');
});

test('http: text, bytes and pieces are answers too; without a rule nobody answers, and the error says how to write one', async () => {
  await using h = await createHarness(shed, { config, secrets });
  h.http.on(
    'GET /v2/Export',
    (async function* () {
      yield 'one';
      yield Buffer.from('two');
    })(),
  );
  expect((await h.call('shed.export')).stderr).toContain("no h.http.on('GET /v2/Text'");
  h.http.on('GET /v2/Export', 'all at once');
  h.http.on('GET /v2/Text', Buffer.from('bytes'));
  expect(await h.run('shed.export')).toEqual(['all at once', 'bytes']);
});

test('secrets: only those that the test names are there', async () => {
  await using h = await createHarness(shed, { config });
  expect((await h.call('shed.clear', { bucket: 'a' })).stderr).toContain(`secrets: { "/run/creds/token": '…' }`);
  expect(h.http.calls).toEqual([]);
});

test('storage: what was kept is there for the next agent over the same stores', async () => {
  const stores = createMemoryStores();
  for (const times of [1, 2]) {
    await using h = await createHarness(shed, { config, secrets, stores });
    h.http.on('POST /v2/Clear', { id: 'a', objects: 0 });
    expect(await h.run('shed.clear', { bucket: 'a' })).toBe(times);
  }
});

test('events: what the plugin emitted, what the hub got of it, and what another plugin tells it', async () => {
  const stores = createMemoryStores();
  await using h = await createHarness(shed, { config, secrets, stores });
  h.http.on('POST /v2/Clear', { id: 'a', objects: 3 });
  await h.run('shed.clear', { bucket: 'a' });
  expect(h.emitted).toEqual([{ id: 'shed.cleared', payload: { bucket: 'a', objects: 3 } }]);
  await h.advance(15_000);
  expect(h.events).toContainEqual(expect.objectContaining({ source: 'shed', kind: 'cleared', bucket: 'a', objects: 3 }));
  await h.emit(restarted, { container: 'web' });
  expect(Buffer.from(stores.get({ plugin: 'shed', store: 'restarts' }, 'web') ?? []).toString()).toBe('"seen"');
  await expect(h.emit(restarted, { container: 1 } as never)).rejects.toMatchObject({ code: 'E_EVENT_INVALID' });
});

test('logs: a line through a parser', async () => {
  await using h = await createHarness(shed, { config, secrets });
  expect(await h.parseLog('shed.access', 'get /')).toEqual({ ts: 1, message: 'GET /' });
  expect(await h.parseLog('shed.access', '')).toBeUndefined();
  await expect(h.parseLog('shed.other', '')).rejects.toThrow('there is: shed.access');
});

test('probes: three failures degrade the plugin as the kernel shows it, a success recovers it, one can be asked', async () => {
  await using h = await createHarness(shed, { config, secrets });
  const status = () => h.status.plugins[0];
  h.http.on('GET /v2/ListBuckets?all=1', []);
  expect(await h.probe('shed.api')).toMatchObject({ well: false });
  await h.advance(31_000);
  expect(status()).toMatchObject({ state: 'degraded' });
  expect(status()?.reason).toMatch(/^probe "shed\.api": .*\/health/u);
  h.http.on('GET /health', 'ok');
  expect(await h.probe('shed.api')).toEqual({ well: true });
  expect(status()).toMatchObject({ state: 'ready' });
  await expect(h.probe('shed.other')).rejects.toMatchObject({ code: 'E_PROBE_UNKNOWN' });
});

test('grants: an origin that the host did not grant refuses the plugin, with the line to add', async () => {
  await expect(createHarness(shed, { config, grants: { commands: 'destructive' } })).rejects.toMatchObject({
    code: 'E_GRANT_MISSING',
    message: expect.stringContaining('http = ["http://127.0.0.1:3903"]') as string,
  });
});
