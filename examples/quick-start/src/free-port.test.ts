import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { freePort, freePorts } from './free-port.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function busyPort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  servers.push(server);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

test('a free port stays, 0 stays 0', async () => {
  const port = await busyPort('127.0.0.1');
  await new Promise((resolve) => servers.pop()?.close(resolve));
  expect(await freePort(port)).toEqual({ port, why: undefined });
  expect(await freePort(0)).toEqual({ port: 0, why: undefined });
});

test('a busy port gives way to another that can be listened on, and the reason is said', async () => {
  const busy = await busyPort('127.0.0.1');
  const said: string[] = [];
  const { agents, people } = await freePorts({ agentsPort: busy, peoplePort: 0 }, (text) => said.push(text));
  expect(agents).not.toBe(busy);
  expect(people).toBe(0);
  expect(said).toEqual([`Port ${busy} is in use by another program; agents get ${agents} (choose one with --agents-port).`]);
  const server = createServer().listen(agents, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
});

test('a stranger on the other loopback address counts: a browser may take localhost for either', async ({ skip }) => {
  const busy = await busyPort('::1').catch(() => undefined);
  if (busy === undefined) skip('this machine has no ::1');
  else expect(await freePort(busy)).toMatchObject({ why: 'is in use by another program' });
});
