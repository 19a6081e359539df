import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostStage, PROGRAM } from './agent-process.ts';
import { NOBODY_LISTENS, bind } from './transport-fixture.ts';
import { PATIENT } from './patience.ts';

describe('an agent with a proxy and a second address of its hub', { timeout: 60_000 }, () => {
  let stage: HostStage;
  let proxy: Server;
  let heads: string[];
  beforeEach(async () => {
    stage = await HostStage.create();
    heads = [];
    proxy = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (chunk: Buffer) => {
        heads.push(chunk.toString('latin1'));
        const port = Number(/:(\d+) HTTP/u.exec(chunk.toString('latin1'))?.[1]);
        const onward = connect(port, '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          socket.pipe(onward).pipe(socket);
        });
        onward.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
      });
    });
  });
  afterEach(async () => {
    await stage.close();
    proxy.close();
  });

  it('SEC-003 goes through the proxy of its file to the address that takes it, and status names both failure and use', async () => {
    writeFileSync(stage.path('proxy-password'), 'me:secret\n', { mode: 0o600 });
    const lines = [
      `url = "wss://localhost:${NOBODY_LISTENS}/ws/pulse/"`,
      `fallback_urls = ["${stage.hub.url}"]`,
      `proxy = "http://127.0.0.1:${await bind(proxy)}"`,
      `proxy_authorization_file = ${JSON.stringify(stage.path('proxy-password'))}`,
    ];
    stage.configure([`url = "${stage.hub.url}"`, lines.join('\n')]);
    const agent = stage.launch();
    const link = await stage.hub.link();
    await link.inbox.until('register', ({ type }) => type === 'register');
    const ports = heads.map((head) => Number(/^CONNECT localhost:(\d+) /u.exec(head)?.[1]));
    expect(ports.slice(0, 2)).toEqual([NOBODY_LISTENS, Number(new URL(stage.hub.url).port)]);
    const value = Buffer.from('me:secret').toString('base64');
    expect(heads[0]?.toLowerCase()).toContain(`proxy-authorization: basic ${value.toLowerCase()}`);
    await vi.waitFor(async () => {
      const status = await promisify(execFile)(process.execPath, [PROGRAM, 'status', stage.path('stormpulse.toml')]);
      expect(status.stdout).toMatch(/^Connection: +live/mu);
      expect(status.stdout).toContain(`Hub in use:     ${stage.hub.url}\n`);
    }, PATIENT);
    expect(agent.log()).toContain('HTTP 502');
    expect(agent.log()).not.toContain(value);
  });
});
