import type { IncomingMessage, ServerResponse } from 'node:http';
import { Type } from '@stormpulse/plugin-api';
import type { HttpClient } from '@stormpulse/plugin-api';
import { settle } from '@stormpulse/testing';
import { expect, test } from 'vitest';
import { startPeer } from './http-server.ts';
import { rejection, setStage } from './plugin-stage.ts';
import type { PluginStage } from './plugin-stage.ts';

function clientOf(stage: PluginStage, origin: string): HttpClient {
  return stage.plugin('demo', { http: [origin] }).http.client(origin);
}

/** Answers what comes on a connection first, and breaks it off at the second request, as a peer does that had enough of it. */
function startShortLivedPeer() {
  const known = new Set<unknown>();
  return startPeer((request, response) => {
    if (known.has(request.socket)) return void request.socket.destroy();
    known.add(request.socket);
    response.end('ok');
  });
}

const methods = (requests: readonly IncomingMessage[]) => requests.map(({ method }) => method);

test('requests in a row take one connection, and it is not held for long', async () => {
  await using stage = setStage();
  await using peer = await startPeer((_, response) => response.end('ok'));
  const client = clientOf(stage, peer.origin);
  for (let more = 0; more < 10; more += 1) expect(await client.text({ path: '/x' })).toBe('ok');
  const sockets = new Set(peer.requests.map(({ socket }) => socket));
  expect([peer.requests.length, sockets.size]).toEqual([10, 1]);
  await expect.poll(() => [...sockets].every((socket) => socket.destroyed), { timeout: 10_000 }).toBe(true);
});

test('a GET on a kept connection that the peer gave up is sent once more, on a new one', async () => {
  await using stage = setStage();
  await using peer = await startShortLivedPeer();
  const client = clientOf(stage, peer.origin);
  expect(await client.text({ path: '/x' })).toBe('ok');
  expect(await client.text({ path: '/x' })).toBe('ok');
  expect(peer.requests).toHaveLength(3);
});

test('what may have been done is not sent twice', async () => {
  await using stage = setStage();
  await using peer = await startShortLivedPeer();
  const client = clientOf(stage, peer.origin);
  expect(await client.text({ path: '/x' })).toBe('ok');
  expect(await rejection(client.text({ method: 'POST', path: '/x' }))).toMatchObject({ code: 'E_HTTP_UNREACHABLE' });
  expect(methods(peer.requests)).toEqual(['GET', 'POST']);
});

test('a peer that breaks off new connections too is left after that', async () => {
  await using stage = setStage();
  await using peer = await startPeer((request, response) =>
    peer.requests.length === 1 ? void response.end('ok') : void request.socket.destroy(),
  );
  const client = clientOf(stage, peer.origin);
  expect(await client.text({ path: '/x' })).toBe('ok');
  expect(await rejection(client.text({ path: '/x' }))).toMatchObject({ code: 'E_HTTP_UNREACHABLE' });
  expect(peer.requests).toHaveLength(3);
  expect(await rejection(client.text({ path: '/x' }))).toMatchObject({ code: 'E_HTTP_UNREACHABLE' });
  expect(peer.requests).toHaveLength(4);
});

test('a hundred requests at once share sixteen connections, and all are answered', async () => {
  await using stage = setStage();
  const held: ServerResponse[] = [];
  await using peer = await startPeer((_, response) => void held.push(response));
  const client = clientOf(stage, peer.origin);
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const { signal } = new AbortController();
  const answers = Promise.all(Array.from({ length: 100 }, () => client.json({ path: '/x', signal }, Type.Integer())));
  for (let left = 100; left > 0; left -= 16) {
    await expect.poll(() => held.length).toBe(Math.min(16, left));
    for (let turn = 0; turn < 40; turn += 1) await settle();
    expect(held.length).toBe(Math.min(16, left));
    held.splice(0).forEach((response) => response.end('1'));
  }
  expect(await answers).toEqual(Array.from({ length: 100 }, () => 1));
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});
