import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { Type } from '@stormpulse/plugin-api';
import type { HttpClient } from '@stormpulse/plugin-api';
import { settle } from '@stormpulse/testing';
import { expect, test } from 'vitest';
import { bodyOf, startPeer } from './http-server.ts';
import { rejection, setStage } from './plugin-stage.ts';
import type { PluginStage } from './plugin-stage.ts';

const Thing = Type.Object({ id: Type.Integer(), name: Type.String({ default: 'none' }) });

function clientOf(stage: PluginStage, origin: string, headers?: () => Promise<Record<string, string>>): HttpClient {
  return stage.plugin('demo', { http: [origin] }).http.client(origin, headers === undefined ? {} : { headers });
}

test('json sends what it was given and reads the answer by its schema: strange keys left out, defaults filled in', async () => {
  await using stage = setStage();
  const bodies: Promise<string>[] = [];
  await using peer = await startPeer((request, response) => {
    bodies.push(bodyOf(request));
    response.end('{"id":7,"strange":{"x":1}}');
  });
  const client = clientOf(stage, peer.origin, () => Promise.resolve({ Authorization: 'Bearer t0ken' }));
  const body = { a: 'ä' };
  expect(await client.json({ method: 'POST', path: '/things?all=1', headers: { 'X-Trace': '1' }, body }, Thing)).toEqual({
    id: 7,
    name: 'none',
  });
  const [sent] = peer.requests;
  expect([sent?.method, sent?.url, await bodies[0]]).toEqual(['POST', '/things?all=1', '{"a":"ä"}']);
  expect(sent?.headers).toMatchObject({
    authorization: 'Bearer t0ken',
    'x-trace': '1',
    'content-type': 'application/json',
    'content-length': '10',
  });
});

test('a unix socket is an origin like another, and an empty answer is null', async () => {
  await using stage = setStage();
  await using peer = await startPeer((_, response) => response.writeHead(204).end(), join(stage.folder, 'peer.sock'));
  expect(await clientOf(stage, peer.origin).json({ path: '/v1/x' }, Type.Null())).toBeNull();
  expect(peer.requests[0]?.headers.host).toBe('localhost');
});

test('SEC-204: an origin that was not granted gets no client, however it is spelled', async () => {
  await using stage = setStage();
  const { http } = stage.plugin('demo', { http: ['http://127.0.0.1:3903', 'unix:/run/x.sock'] });
  for (const origin of [
    'http://127.0.0.1:3904',
    'https://127.0.0.1:3903',
    'http://localhost:3903',
    'http://127.0.0.1',
    'unix:/run/x.sock2',
  ])
    expect(() => http.client(origin)).toThrow(expect.objectContaining({ code: 'E_GRANT_HTTP' }));
  for (const origin of [
    'http://127.0.0.1:3903/admin',
    'http://127.0.0.1:3903?x',
    'http://u:geheim@127.0.0.1:3903',
    'unix:run/x.sock',
    'unix:/run/../run/x.sock',
    `unix:/${'x'.repeat(108)}`,
    'ftp://127.0.0.1:3903',
    'nonsense',
    '',
  ]) {
    expect(() => http.client(origin)).toThrow(expect.objectContaining({ code: 'E_HTTP_ORIGIN' }));
    expect(() => http.client(origin)).not.toThrow('geheim');
  }
  expect(() => http.client('HTTP://127.0.0.1:3903/')).not.toThrow();
  expect(() => stage.plugin('other').http.client('http://127.0.0.1:3903')).toThrow('may not talk to');
});

test('SEC-204: whatever a path holds, the request goes to the granted origin or nowhere', async () => {
  await using stage = setStage();
  await using peer = await startPeer((_, response) => response.end('ok'));
  const client = clientOf(stage, peer.origin);
  const hostile = [
    '//evil.example/x',
    'http://evil.example/x',
    '@evil.example/',
    '/x#y',
    '/a/../b',
    '/a/%2E%2e/b',
    '/..',
    '/a b',
    '/ä',
    '/\\evil.example',
    '/x\r\nHost: evil.example',
    '',
    `/${'x'.repeat(9_000)}`,
  ];
  for (const path of hostile)
    expect(await rejection(client.text({ path: path as '/' }))).toMatchObject({ code: 'E_HTTP_REQUEST' });
  expect(peer.requests).toEqual([]);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 40 }), async (tail) => {
      const outcome = await client.text({ path: `/${tail}` }).catch((error: unknown) => error);
      if (outcome === 'ok') expect(peer.requests.at(-1)?.url).toBe(`/${tail}`);
      else expect(outcome).toMatchObject({ code: 'E_HTTP_REQUEST' });
    }),
    { numRuns: 200 },
  );
  expect(new Set(peer.requests.map(({ headers }) => headers.host))).toEqual(new Set([peer.origin.slice('http://'.length)]));
});

test('methods and headers that would decide where a request goes or how it is framed are refused, with no value told', async () => {
  await using stage = setStage();
  await using peer = await startPeer((_, response) => response.end('ok'));
  const client = clientOf(stage, peer.origin);
  for (const method of ['CONNECT', 'TRACE', 'GET /x', ''])
    expect(await rejection(client.text({ method, path: '/' }))).toMatchObject({ code: 'E_HTTP_REQUEST' });
  for (const name of [
    'Host',
    'Transfer-Encoding',
    'Content-Length',
    'Connection',
    'Upgrade',
    'Proxy-Authorization',
    'a b',
    'x:',
  ]) {
    const refused = await rejection(client.text({ path: '/', headers: { [name]: 'geheim' } }));
    expect(refused).toMatchObject({ code: 'E_HTTP_REQUEST' });
    expect(JSON.stringify(refused) + refused.message).not.toContain('geheim');
  }
  const split = await rejection(client.text({ path: '/', headers: { x: 'geheim\r\nHost: evil' } }));
  expect(split).toMatchObject({ code: 'E_HTTP_REQUEST' });
  expect(split.message).not.toContain('geheim');
  for (const body of [10n, () => 1])
    expect(await rejection(client.text({ path: '/', body }))).toMatchObject({ code: 'E_HTTP_REQUEST' });
  expect(peer.requests).toEqual([]);
});

test('a redirect is not followed: it is a status', async () => {
  await using stage = setStage();
  await using elsewhere = await startPeer((_, response) => response.end('"reached"'));
  await using peer = await startPeer((_, response) => response.writeHead(302, { location: `${elsewhere.origin}/` }).end());
  const refused = await rejection(clientOf(stage, peer.origin).json({ path: '/x' }, Type.String()));
  expect(refused).toMatchObject({ code: 'E_HTTP_STATUS', details: { status: 302 } });
  expect(elsewhere.requests).toEqual([]);
});

test('a status that is no success is told with the start of what was said, and without secrets or the query', async () => {
  await using stage = setStage();
  await using peer = await startPeer((request, response) => {
    response.writeHead(request.url?.startsWith('/busy') === true ? 503 : 404);
    response.end(`{"message":"no  such\\n thing","you sent":"${request.headers.authorization}"}${'x'.repeat(1_000_000)}`);
  });
  const client = clientOf(stage, peer.origin, () => Promise.resolve({ authorization: 'Bearer s3cret-token' }));
  const refused = await rejection(client.json({ path: '/things/7?key=in-the-query' }, Thing));
  expect(refused).toMatchObject({
    code: 'E_HTTP_STATUS',
    retryable: false,
    details: { status: 404, path: '/things/7', method: 'GET', origin: peer.origin },
  });
  expect(refused.message).toContain('no such\\n thing');
  const told = JSON.stringify(refused) + refused.message;
  expect(told).not.toMatch(/s3cret|in-the-query/u);
  expect((refused as unknown as { details: { excerpt: string } }).details.excerpt.length).toBeLessThanOrEqual(200);
  expect(await rejection(client.text({ path: '/busy' }))).toMatchObject({ code: 'E_HTTP_STATUS', retryable: true });
});

test.each([
  ['another type', '{"id":"7"}', '/id'],
  ['a missing value', '{}', '/id'],
  ['no JSON', '<html>', '/'],
  ['nothing', '', '/'],
  ['JSON nested a hundred thousand deep', '['.repeat(100_000), '/'],
])('an answer of %s is E_HTTP_SHAPE: nothing is coerced, nothing of it is told', async (_, answer, at) => {
  await using stage = setStage();
  await using peer = await startPeer((_, response) => response.end(answer));
  const refused = await rejection(clientOf(stage, peer.origin).json({ path: '/x' }, Thing));
  expect(refused).toMatchObject({ code: 'E_HTTP_SHAPE', details: { at } });
  expect(refused.message).not.toContain('html');
});

test('SEC-051: a key __proto__ of an answer never reaches the plugin, even where the schema takes any key', async () => {
  await using stage = setStage();
  const answers = ['{"__proto__":{"admin":true},"x":1}', '{"\\u005f_proto__":{"admin":true},"x":1}'];
  await using peer = await startPeer((_, response) => response.end(answers.shift()));
  const client = clientOf(stage, peer.origin);
  for (const schema of [Type.Record(Type.String(), Type.Unknown()), Type.Unknown()]) {
    const answer = (await client.json({ path: '/x' }, schema)) as object;
    expect(Object.assign({}, answer)).not.toHaveProperty('admin');
    expect(Object.getOwnPropertyNames(answer)).toEqual(['x']);
  }
});

test('an answer beyond maxBytes is E_HTTP_TOO_LARGE, and the peer is left', async () => {
  await using stage = setStage();
  let left: () => void = () => undefined;
  const isLeft = new Promise<void>((resolve) => {
    left = resolve;
  });
  await using peer = await startPeer((_, response) => {
    response.once('close', left);
    const more = (): void => {
      while (response.write(Buffer.alloc(64 * 1024, 'x')));
    };
    response.on('drain', more);
    more();
  });
  const client = clientOf(stage, peer.origin);
  expect(await rejection(client.text({ path: '/endless' }))).toMatchObject({
    code: 'E_HTTP_TOO_LARGE',
    details: { maxBytes: 4 * 1024 * 1024 },
  });
  await isLeft;
  expect(await rejection(client.text({ path: '/endless', maxBytes: 10 }))).toMatchObject({ code: 'E_HTTP_TOO_LARGE' });
});

test('exactly maxBytes is taken', async () => {
  await using stage = setStage();
  await using peer = await startPeer((_, response) => response.end('0123456789'));
  expect(await clientOf(stage, peer.origin).text({ path: '/x', maxBytes: 10 })).toBe('0123456789');
});

test('the deadline holds to the end of the answer, also while headers are asked for; then the peer is left', async () => {
  await using stage = setStage();
  const closed: string[] = [];
  await using peer = await startPeer((request, response) => {
    response.once('close', () => closed.push(String(request.url)));
    if (request.url === '/half') response.write('half');
  });
  const client = clientOf(stage, peer.origin);
  const slow = [client.text({ path: '/never' }), client.text({ path: '/half' }), client.text({ path: '/short', timeoutMs: 500 })];
  const outcomes = Promise.all(slow.map(rejection));
  await expect.poll(() => peer.requests.length).toBe(3);
  await stage.clock.advance(9_999);
  expect(stage.clock.pending).toBe(2);
  await stage.clock.advance(1);
  for (const refused of await outcomes) expect(refused).toMatchObject({ code: 'E_HTTP_UNREACHABLE', retryable: true });
  await expect.poll(() => closed.toSorted()).toEqual(['/half', '/never', '/short']);

  const waiting = rejection(clientOf(stage, peer.origin, () => new Promise(() => undefined)).text({ path: '/x' }));
  await stage.clock.advance(10_000);
  expect((await waiting).message).toContain('10000 ms');
});

test("the plugin's signal and the caller's end a request at once, in whatever it waits for", async () => {
  await using stage = setStage();
  await using peer = await startPeer((_, response) => void response.write('first'));
  const plugin = stage.plugin('demo', { http: [peer.origin] });
  const client = plugin.http.client(peer.origin);
  const caller = new AbortController();
  const never = new Promise<void>(() => undefined);
  const given = rejection(client.text({ path: '/1', signal: caller.signal }));
  const streamed = rejection(client.stream({ path: '/2', signal: caller.signal }, () => never));
  const stopped = rejection(client.text({ path: '/3' }));
  await expect.poll(() => peer.requests.length).toBe(3);
  caller.abort();
  for (const refused of [await given, await streamed])
    expect(refused).toMatchObject({ code: 'E_HTTP_UNREACHABLE', details: { reason: 'its caller gave up' } });
  plugin.abort();
  expect(await stopped).toMatchObject({ details: { reason: 'the plugin has stopped' } });
  expect(await rejection(client.text({ path: '/4' }))).toMatchObject({ details: { reason: 'the plugin has stopped' } });
  expect(peer.requests.length).toBe(3);
  expect(stage.clock.pending).toBe(0);
});

test('a stream gives each piece when the one before is done with, and slows the sender down', async () => {
  await using stage = setStage();
  const TOTAL = 32 * 1024 * 1024;
  let written = 0;
  await using peer = await startPeer((_, response) => {
    const more = (): void => {
      while (written < TOTAL) {
        written += 64 * 1024;
        if (!response.write(Buffer.alloc(64 * 1024, 'x'))) return;
      }
      response.end();
    };
    response.on('drain', more);
    more();
  });
  let go: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  let received = 0;
  let atOnce = 0;
  const done = clientOf(stage, peer.origin).stream({ path: '/log' }, async (piece) => {
    atOnce += 1;
    expect(atOnce).toBe(1);
    await held;
    received += piece.byteLength;
    atOnce -= 1;
  });
  // What the sockets' buffers take comes to an end long before the whole.
  let before = -1;
  while (written !== before) {
    before = written;
    for (let turn = 0; turn < 200; turn += 1) await settle();
  }
  expect(written).toBeLessThan(TOTAL);
  go();
  await done;
  expect(received).toBe(TOTAL);
});

test('a stream has no deadline and no cap of its own; those of the request hold, and errors of the reader stay theirs', async () => {
  await using stage = setStage();
  await using peer = await startPeer((request, response) => {
    if (request.url === '/bad') response.writeHead(500).write('no');
    else response.write('x'.repeat(100));
  });
  const client = clientOf(stage, peer.origin);
  const pieces: number[] = [];
  const caller = new AbortController();
  const open = rejection(client.stream({ path: '/1', signal: caller.signal }, (piece) => void pieces.push(piece.byteLength)));
  await expect.poll(() => pieces).toEqual([100]);
  await stage.clock.advance(3_600_000);
  caller.abort();
  expect(await open).toMatchObject({ details: { reason: 'its caller gave up' } });

  const bounded = rejection(client.stream({ path: '/2', timeoutMs: 1_000 }, () => undefined));
  await expect.poll(() => peer.requests.length).toBe(2);
  await stage.clock.advance(1_000);
  expect(await bounded).toMatchObject({ code: 'E_HTTP_UNREACHABLE' });
  expect(await rejection(client.stream({ path: '/3', maxBytes: 99 }, () => undefined))).toMatchObject({
    code: 'E_HTTP_TOO_LARGE',
  });

  const own = new RangeError('mine');
  expect(await rejection(client.stream({ path: '/4' }, () => Promise.reject(own)))).toBe(own);

  const refused = rejection(client.stream({ path: '/bad' }, () => undefined));
  await expect.poll(() => peer.requests.length).toBe(5);
  await expect.poll(async () => (await settle(), stage.clock.pending)).toBe(1);
  await stage.clock.advance(10_000);
  expect(await refused).toMatchObject({ code: 'E_HTTP_UNREACHABLE' });
});

test('what cannot be reached, breaks off, or speaks no HTTP is E_HTTP_UNREACHABLE, with what to look at', async () => {
  await using stage = setStage();
  const broken = createServer((socket) => {
    socket.once('data', (data: Buffer) => {
      if (data.toString().startsWith('GET /nonsense')) socket.end('SSH-2.0-nonsense\r\n');
      else if (data.toString().startsWith('GET /short')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
      else if (data.toString().startsWith('GET /headers')) socket.end(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`);
      else socket.destroy();
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => void broken.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`;
  const client = clientOf(stage, origin);
  const reasons: unknown[] = [];
  for (const path of ['/nonsense', '/short', '/headers', '/gone'] as const) {
    const refused = await rejection(client.text({ path }));
    expect(refused).toMatchObject({ code: 'E_HTTP_UNREACHABLE', details: { path, origin } });
    reasons.push((refused as unknown as { details: { reason: string } }).details.reason);
  }
  expect(reasons).toEqual([
    'what came back is no HTTP (HPE_INVALID_CONSTANT)',
    'the connection was closed before the answer was whole',
    'its headers are too large',
    'the connection was closed before the answer was whole',
  ]);
  await new Promise((resolve) => broken.close(resolve));
  expect((await rejection(client.text({ path: '/x' }))).message).toContain('nothing listens there');
  const socket = `unix:${join(stage.folder, 'none.sock')}`;
  expect((await rejection(clientOf(stage, socket).text({ path: '/x' }))).message).toContain('there is no such socket');
});

test("what asking for headers rejects with is the plugin's to see, and nothing is sent", async () => {
  await using stage = setStage();
  await using peer = await startPeer((_, response) => response.end('ok'));
  const client = clientOf(stage, peer.origin, () => stage.reveal({ env: 'NOT_SET' }).then((token) => ({ token })));
  expect(await rejection(client.text({ path: '/' }))).toMatchObject({ code: 'E_SECRET_MISSING' });
  expect(peer.requests).toEqual([]);
});
