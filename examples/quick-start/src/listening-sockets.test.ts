import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { listeningSockets } from './listening-sockets.ts';

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
});

/** Runs the lines in another Node until they print something; returns its number and what it printed. */
async function run(lines: string): Promise<{ pid: number; said: string }> {
  const child = spawn(process.execPath, ['-e', lines], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: child.pid ?? -1, said: said.toString().trim() };
}

const hex = (port: string): string => Number(port).toString(16).toUpperCase().padStart(4, '0');

test('SEC-001: a listening TCP socket of the process is found', async () => {
  const { pid, said } = await run(
    `const s = require('net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port))`,
  );
  expect(await listeningSockets(pid)).toEqual([`tcp 0100007F:${hex(said)}`]);
});

test('SEC-001: one of its child process is found too', async () => {
  const inner = `const s = require('net').createServer().listen(0, '127.0.0.1', () => console.log(s.address().port)); process.stdin.on('end', () => process.exit()).resume();`;
  const { pid, said } = await run(
    `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { stdio: ['pipe', 'inherit', 'inherit'] })`,
  );
  expect(await listeningSockets(pid)).toEqual([`tcp 0100007F:${hex(said)}`]);
});

test('SEC-001: a bound UDP socket without a peer is found', async () => {
  const { pid, said } = await run(
    `const s = require('dgram').createSocket('udp4'); s.bind(0, '127.0.0.1', () => console.log(s.address().port))`,
  );
  expect(await listeningSockets(pid)).toEqual([`udp 0100007F:${hex(said)}`]);
});

test('a process that only dials out holds none, whoever listens beside it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { pid } = await run(
    `require('net').connect(${port}, '127.0.0.1', () => console.log('there')).on('error', () => undefined)`,
  );
  expect(await listeningSockets(pid)).toEqual([]);
  const closed = new Promise((resolve) => server.close(resolve));
  for (const child of children) child.kill('SIGKILL');
  await closed;
});

test('a process that is gone is an error, not a process without sockets', async () => {
  const { pid } = await run(`console.log('here')`);
  const [child] = children;
  if (child !== undefined && child.exitCode === null) await once(child, 'exit');
  await expect(listeningSockets(pid)).rejects.toThrow(/ENOENT/u);
});
