import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createHubRequest } from '@stormpulse/services';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NOBODY_LISTENS, bind, createWorld, dial, listen, listenWith } from './transport-fixture.ts';
import type { World } from './transport-fixture.ts';

/** A proxy that does with a CONNECT what a test says; `heads` is what it was sent. */
interface Proxy {
  readonly url: string;
  readonly heads: string[];
  readonly passed: () => string;
}

/** Long enough for the stages before the one that is to fail. */
const STAGE_MS = 2_000;

describe('a proxy of the host', () => {
  let world: World;
  let hub: Awaited<ReturnType<typeof listen>>;
  const servers: Server[] = [];
  const sockets: Socket[] = [];

  beforeAll(async () => {
    world = await createWorld();
  });
  beforeEach(async () => {
    hub = await listen(world);
  });
  afterEach(() => {
    sockets.splice(0).forEach((socket) => socket.destroy());
    servers.splice(0).forEach((server) => server.close());
    hub.server.closeAllConnections();
    hub.server.close();
  });

  const startProxy = async (answer: (socket: Socket, target: string) => void): Promise<Proxy> => {
    const heads: string[] = [];
    let passed = '';
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.once('data', (chunk: Buffer) => {
        const head = chunk.toString('latin1');
        heads.push(head);
        socket.on('data', (more: Buffer) => (passed += more.toString('latin1')));
        answer(socket, head.split(' ')[1] ?? '');
      });
    });
    servers.push(server);
    return { url: `http://127.0.0.1:${await bind(server)}`, heads, passed: () => passed };
  };
  const honest = (socket: Socket, target: string): void => {
    const port = Number(target.split(':').at(-1));
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(onward).pipe(socket);
    });
    sockets.push(onward);
    onward.on('error', () => undefined);
  };

  it('SEC-003 is gone through with TLS end to end: it sees the name and port of the hub, and no word more', async () => {
    const proxy = await startProxy(honest);
    const { link, frames, closed } = await dial(world, hub.url, { proxy: { url: proxy.url, authorization: () => 'Basic eDp5' } });
    expect(proxy.heads).toHaveLength(1);
    const target = new URL(hub.url).host;
    expect(proxy.heads[0]).toMatch(new RegExp(`^CONNECT ${target} HTTP/1\\.1\r\n`, 'u'));
    expect(proxy.heads[0]?.toLowerCase()).toContain('\r\nproxy-authorization: basic edp5\r\n');
    hub.connections[0]?.send('a word of the hub');
    link.send('a word of the agent');
    expect((await once(hub.connections[0] as never, 'message'))[0]?.toString()).toBe('a word of the agent');
    link.close(1000, '');
    await closed;
    expect(frames).toEqual(['a word of the hub']);
    expect(proxy.passed()).not.toContain('/ws/pulse/');
    expect(proxy.passed()).not.toContain('a word of the agent');
  });

  it('carries the requests beside the socket too', async () => {
    const proxy = await startProxy(honest);
    hub.server.on('request', (_request, response) => response.end('{}'));
    const request = createHubRequest({
      url: () => hub.url,
      ca: world.authority.caPem,
      minVersion: 'TLSv1.3',
      requireServerEku: true,
      proxy: { url: proxy.url },
    });
    const asked = { method: 'POST', path: '/api/renew/', body: '{}', pair: world.agent } as const;
    expect(await request(asked, new AbortController().signal)).toEqual({ status: 200, text: '{}' });
    expect(proxy.heads).toHaveLength(1);
  });

  it('SEC-007 SEC-025 changes nothing of who the hub must be', async () => {
    const other = await listenWith(world, { names: ['hub.example'] });
    const proxy = await startProxy((socket) => honest(socket, new URL(other.url).host));
    try {
      await expect(dial(world, hub.url, { proxy: { url: proxy.url } })).rejects.toMatchObject({
        code: 'E_CONN_TLS',
        message: expect.stringContaining('not for "localhost"') as unknown,
      });
      expect([hub.connections, other.connections]).toEqual([[], []]);
    } finally {
      other.server.close();
    }
  });

  const says =
    (text: string) =>
    (socket: Socket): void => {
      socket.write(text, 'latin1');
    };
  it.each<readonly [string, (socket: Socket) => void, RegExp]>([
    [
      'wants a password',
      says('HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n'),
      /HTTP 407 \(Who are you\); .*proxy_authorization_file/u,
    ],
    ['cannot reach the hub', says('HTTP/1.1 502 Bad\u001b[1m\r\n\r\nbody'), /HTTP 502 \(Bad \[1m\); it cannot reach the hub/u],
    ['sends the agent elsewhere', says('HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n'), /HTTP 302 \(Found\)/u],
    ['answers with an interim status', says('HTTP/1.1 100 Continue\r\n\r\n'), /HTTP 100/u],
    ['speaks no HTTP', says('SSH-2.0-OpenSSH_9\r\n'), /Parse Error/u],
    ['sends headers without end', (socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(64 * 1024)}`), /Header overflow/u],
    ['speaks in the place of the hub', says('HTTP/1.1 200 OK\r\n\r\n\u0016\u0003'), /sent 2 bytes before the hub could/u],
    ['hangs up', (socket) => socket.destroy(), /ECONNRESET|socket hang up/u],
  ])('SEC-003 that %s is refused by name', async (_title, answer, words) => {
    const proxy = await startProxy(answer);
    await expect(dial(world, hub.url, { proxy: { url: proxy.url } })).rejects.toMatchObject({
      code: 'E_CONN_REFUSED',
      message: expect.stringMatching(new RegExp(`the proxy at 127\\.0\\.0\\.1:\\d+ did not .*${words.source}`, 'u')) as unknown,
    });
    expect(hub.connections).toEqual([]);
  });

  it('is not gone around when nobody is there, or its password cannot be read', async () => {
    const url = `http://127.0.0.1:${NOBODY_LISTENS}`;
    await expect(dial(world, hub.url, { proxy: { url } })).rejects.toThrow(/the proxy .* ECONNREFUSED/u);
    const authorization = (): string => {
      throw new Error('no such file');
    };
    await expect(dial(world, hub.url, { proxy: { url, authorization } })).rejects.toThrow(/no such file; check proxy_auth/u);
    expect(hub.connections).toEqual([]);
  });

  it('SEC-004 has its own time limits: to answer, and for TLS through it', async () => {
    const mute = await startProxy(() => undefined);
    await expect(dial(world, hub.url, { proxy: { url: mute.url }, stageMs: STAGE_MS })).rejects.toThrow(
      /did not finish its answer/u,
    );
    const deaf = await startProxy(says('HTTP/1.1 200 OK\r\n\r\n'));
    await expect(dial(world, hub.url, { proxy: { url: deaf.url }, stageMs: STAGE_MS })).rejects.toMatchObject({
      code: 'E_CONN_TIMEOUT',
      message: expect.stringContaining('the TLS handshake') as unknown,
    });
  });
});
