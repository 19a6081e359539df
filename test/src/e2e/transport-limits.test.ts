import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { NOBODY_LISTENS, bind, createWorld, dial, listen } from './transport-fixture.ts';
import type { World } from './transport-fixture.ts';

const MIB = 1024 * 1024;
/** Long enough for the stages before the one that is to fail. */
const STAGE_MS = 2_000;

describe('what the agent takes from a hub', () => {
  let world: World;
  const releases: (() => void)[] = [];

  beforeAll(async () => {
    world = await createWorld();
  });
  afterEach(() => {
    releases.splice(0).forEach((release) => release());
  });

  const hub = async (options: Parameters<typeof listen>[1] = {}): ReturnType<typeof listen> => {
    const made = await listen(world, options);
    releases.push(() => {
      made.connections.forEach((socket) => socket.terminate());
      made.server.closeAllConnections();
      made.server.close();
    });
    return made;
  };
  const answering = (text: string): Promise<{ readonly url: string }> =>
    hub({
      onUpgrade: (socket: Duplex) => {
        socket.end(text);
      },
    });
  const plain = async (server: NetServer): Promise<string> => {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
    });
    releases.push(() => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    });
    return `wss://localhost:${await bind(server)}/ws/pulse/`;
  };

  describe('the dial', () => {
    it.each([401, 403])('HTTP %i on the upgrade tells the person to check the enrollment', async (status) => {
      const { url } = await answering(`HTTP/1.1 ${status} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      await expect(dial(world, url)).rejects.toMatchObject({
        code: 'E_CONN_UPGRADE',
        details: { url, status },
        message: expect.stringMatching(/HTTP 40[13].*check the enrollment/u) as unknown,
      });
    });

    it('SEC-003 does not follow a redirect', async () => {
      const other = await hub();
      const target = other.url.replace('wss:', 'https:');
      const { url } = await answering(
        `HTTP/1.1 302 Found\r\nLocation: ${target}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      await expect(dial(world, url)).rejects.toMatchObject({ code: 'E_CONN_UPGRADE', details: { status: 302 } });
      expect(other.connections).toHaveLength(0);
    });

    it('names the path to check when the hub answers 200 or 404', async () => {
      const { url } = await answering('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      await expect(dial(world, url)).rejects.toThrow(/HTTP 404.*\[dashboard\] url/u);
    });

    it('says that there is no TLS where a plain HTTP server listens', async () => {
      const url = await plain(createHttpServer((_request, response) => response.end('hello')));
      await expect(dial(world, url)).rejects.toMatchObject({
        code: 'E_CONN_TLS',
        message: expect.stringMatching(/does not speak TLS.*host and port/u) as unknown,
      });
    });

    it('names the address when nobody listens', async () => {
      await expect(dial(world, `wss://localhost:${NOBODY_LISTENS}/ws/pulse/`)).rejects.toMatchObject({
        code: 'E_CONN_REFUSED',
        message: expect.stringMatching(
          new RegExp(`localhost:${NOBODY_LISTENS}.*ECONNREFUSED.*\\[dashboard\\] url`, 'u'),
        ) as unknown,
      });
    });

    it('SEC-007 names a host that does not resolve', async () => {
      await expect(dial(world, 'wss://no-such-host.invalid/ws/pulse/')).rejects.toMatchObject({
        code: 'E_CONN_REFUSED',
        message: expect.stringMatching(/no-such-host\.invalid.*DNS/u) as unknown,
      });
    });

    it('SEC-004 gives up on a peer that takes the connection and never speaks TLS', async () => {
      const url = await plain(createTcpServer());
      await expect(dial(world, url, { stageMs: STAGE_MS })).rejects.toMatchObject({
        code: 'E_CONN_TIMEOUT',
        details: { url, stage: 'the TLS handshake', ms: STAGE_MS },
      });
    });

    it('SEC-004 gives up on a peer that never answers the upgrade, and drops the socket', async () => {
      let dropped: Promise<unknown> = Promise.resolve();
      const { url } = await hub({
        onUpgrade: (socket) => {
          socket.on('error', () => undefined);
          socket.resume();
          dropped = once(socket, 'close');
        },
      });
      await expect(dial(world, url, { stageMs: STAGE_MS })).rejects.toMatchObject({
        code: 'E_CONN_TIMEOUT',
        details: { stage: 'the WebSocket upgrade' },
      });
      await dropped;
    });

    it('ends at once when it is called off, before and during the dial', async () => {
      const url = await plain(createTcpServer());
      await expect(dial(world, url, { signal: AbortSignal.abort(new Error('stopping')) })).rejects.toThrow('stopping');
      const abort = new AbortController();
      const dialling = dial(world, url, { signal: abort.signal });
      setImmediate(() => abort.abort(new Error('stopping later')));
      await expect(dialling).rejects.toThrow('stopping later');
    });
  });

  describe('frames', () => {
    /** The code of the close frame the hub gets from the agent. */
    const closeOf = async (connections: readonly WebSocket[]): Promise<unknown> => {
      const socket = connections[0];
      if (socket === undefined) throw new Error('no agent is connected');
      const [code] = await once(socket, 'close');
      return code;
    };

    /** One connection on which the hub writes raw WebSocket bytes; answers how the agent closed it. */
    const closedAfter = async (write: (socket: Duplex) => void, frames = 0): Promise<unknown> => {
      const made = await hub();
      const dialled = await dial(world, made.url);
      const socket = (made.connections[0] as unknown as { readonly _socket: Duplex })._socket;
      const told = closeOf(made.connections);
      write(socket);
      const code = await told;
      expect(dialled.frames).toHaveLength(frames);
      await dialled.closed;
      return code;
    };

    it('SEC-026 takes a frame of 2 MiB and closes 1009 for one byte more', async () => {
      const made = await hub();
      const { frames, closed } = await dial(world, made.url);
      const told = closeOf(made.connections);
      made.connections[0]?.send('x'.repeat(2 * MIB));
      made.connections[0]?.send('x'.repeat(2 * MIB + 1));
      expect(await told).toBe(1009);
      expect((await closed).reason).toContain('payload size');
      expect(frames.map((frame) => frame.length)).toEqual([2 * MIB]);
    });

    it('SEC-026 decides by the header: no byte of a frame of 1 TiB is waited for', async () => {
      expect(await closedAfter((socket) => socket.write(Buffer.from([0x81, 127, 0, 0, 1, 0, 0, 0, 0, 0])))).toBe(1009);
    });

    it('SEC-026 takes 64 fragments of a message and no more', async () => {
      const fragments = (count: number): Buffer =>
        Buffer.concat(
          Array.from({ length: count }, (_, at) => Buffer.from([(at === 0 ? 1 : 0) | (at === count - 1 ? 0x80 : 0), 1, 0x61])),
        );
      expect(await closedAfter((socket) => socket.write(Buffer.concat([fragments(64), fragments(65)])), 1)).toBe(1008);
      expect(await closedAfter((socket) => socket.write(fragments(10_000)))).toBe(1008);
    });

    it('SEC-026 closes 1007 for text that is not UTF-8', async () => {
      expect(await closedAfter((socket) => socket.write(Buffer.from([0x81, 2, 0xc3, 0x28])))).toBe(1007);
    });

    it('SEC-026 offers no compression and closes 1002 for a frame that claims it', async () => {
      const made = await hub({ compression: true });
      const { closed } = await dial(world, made.url);
      const told = closeOf(made.connections);
      expect(made.connections[0]?.extensions).toBe('');
      (made.connections[0] as unknown as { readonly _socket: Duplex })._socket.write(Buffer.from([0xc1, 1, 0x61]));
      expect(await told).toBe(1002);
      expect((await closed).reason).toContain('RSV1');
    });

    it('hands binary frames on as bytes, for the parser to refuse', async () => {
      const made = await hub();
      const { frames, closed } = await dial(world, made.url);
      made.connections[0]?.send(Buffer.from('{}'));
      made.connections[0]?.close(1012);
      expect(await closed).toMatchObject({ code: 1012 });
      expect(frames).toEqual([Buffer.from('{}')]);
    });

    it('tells that the link is closed to whoever sends on it', async () => {
      const made = await hub();
      const { link, closed } = await dial(world, made.url);
      made.connections[0]?.terminate();
      expect(await closed).toMatchObject({ code: 1006 });
      expect(() => link.send('{}')).toThrow('closed');
    });
  });
});
