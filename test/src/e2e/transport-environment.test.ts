import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server as NetServer } from 'node:net';
import type { Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority } from '../doubles/certificates.ts';
import { bind, createWorld, listen, listenWith } from './transport-fixture.ts';
import type { World } from './transport-fixture.ts';

/** Dials once and prints the outcome. */
const CHILD = `
import { readFileSync } from 'node:fs';
import { createWsTransport } from '@stormpulse/services';
const { url, ca, cert, key } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const transport = createWsTransport({ url, ca, credentials: () => ({ cert, key }), minVersion: 'TLSv1.3', requireServerEku: true, logger });
const events = { onFrame() {}, onPong() {}, onClose() {} };
transport.open(events, new AbortController().signal).then(
  (link) => { console.log('connected'); link.terminate(); },
  (error) => console.log(error.code),
);
`;

describe('the environment of the agent', () => {
  let folder: string;
  let script: string;
  let world: World;
  let ours: Awaited<ReturnType<typeof listen>>;
  let foreign: Awaited<ReturnType<typeof listen>>;
  let proxy: NetServer;
  let proxied = 0;
  let environment: Readonly<Record<string, string>>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'environment-'));
    script = join(folder, 'dial.mjs');
    await build({
      stdin: { contents: CHILD, resolveDir: import.meta.dirname, loader: 'ts' },
      outfile: script,
      bundle: true,
      platform: 'node',
      format: 'esm',
      banner: {
        js: `import { createRequire as __cr } from 'node:module'; const require = __cr(${JSON.stringify(import.meta.url)});`,
      },
      define: { 'import.meta.url': JSON.stringify(import.meta.url) },
      logLevel: 'silent',
    });
    world = await createWorld();
    const stranger = await createAuthority('a public CA, so to speak');
    ours = await listen(world);
    foreign = await listenWith(world, { names: ['localhost'] }, stranger);
    proxy = createServer((socket) => {
      proxied += 1;
      socket.destroy();
    });
    const proxyUrl = `http://127.0.0.1:${await bind(proxy)}`;
    const roots = join(folder, 'roots.pem');
    writeFileSync(roots, stranger.caPem);
    environment = {
      NODE_EXTRA_CA_CERTS: roots,
      SSL_CERT_FILE: roots,
      SSL_CERT_DIR: folder,
      NODE_TLS_REJECT_UNAUTHORIZED: '0',
      HTTPS_PROXY: proxyUrl,
      https_proxy: proxyUrl,
      ALL_PROXY: proxyUrl,
      NODE_USE_ENV_PROXY: '1',
      NODE_USE_SYSTEM_CA: '1',
    };
  });
  afterAll(() => {
    for (const server of [ours.server, foreign.server] as Server[]) {
      server.closeAllConnections();
      server.close();
    }
    proxy.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const dialIn = async (url: string): Promise<string> => {
    const job = join(folder, 'job.json');
    writeFileSync(job, JSON.stringify({ url, ca: world.authority.caPem, ...world.agent }));
    const child = spawn(process.execPath, [script, job], {
      env: { ...environment, PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.resume();
    await new Promise((resolve) => child.once('close', resolve));
    return output.trim();
  };

  it('SEC-021 SEC-022 adds no root and lifts no check', async () => {
    expect(await dialIn(foreign.url)).toBe('E_CONN_TLS');
  });

  it('SEC-003 names no proxy', async () => {
    expect(await dialIn(ours.url)).toBe('connected');
    expect(proxied).toBe(0);
  });
});
