import { once } from 'node:events';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isEngineHere } from './container-engine.ts';

let folder: string;
let socket: string;
let server: Server;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-'));
  socket = join(folder, 'docker.sock');
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true, force: true });
});

async function listen(listener: RequestListener): Promise<void> {
  server = createServer(listener).listen(socket);
  await once(server, 'listening');
}

test.each([
  [200, true],
  [503, false],
])('an engine that answers its ping with %i: %s', async (status, isHere) => {
  await listen((_request, response) => response.writeHead(status).end());
  expect(await isEngineHere(socket)).toBe(isHere);
});

test('the socket that an engine left behind is no engine, nor is a socket that is not there', async () => {
  await listen(() => expect.unreachable());
  const left = join(folder, 'left.sock');
  await rename(socket, left);
  server.close();
  await once(server, 'close');
  expect(await isEngineHere(left)).toBe(false);
  expect(await isEngineHere(socket)).toBe(false);
});
