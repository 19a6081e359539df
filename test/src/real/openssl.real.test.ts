import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { createHub } from '@stormpulse/hub';
import type { Hub } from '@stormpulse/hub';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { enrolV1Agent } from '../doubles/v1-agent.ts';

const ANY = { host: '127.0.0.1', port: 0 };
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu;

let folder: string;
let hub: Hub;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'openssl-'));
  hub = await createHub({ stateDir: join(folder, 'hub'), agentsListen: ANY, peopleListen: ANY });
});
afterEach(async () => {
  await hub.close();
  rmSync(folder, { recursive: true, force: true });
});

function openssl(...args: readonly string[]): string {
  try {
    return execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'ENOENT') throw error;
    throw new Error('openssl is not there; bring it with: bash test/testbed/openssl.sh', { cause: error });
  }
}

function write(name: string, pem: string): string {
  writeFileSync(join(folder, name), pem);
  return join(folder, name);
}

/** The certificate that the hub shows to agents. */
async function servedBy({ agentsUrl }: Hub, ca: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(agentsUrl).port), servername: 'localhost', ca });
  await once(socket, 'secureConnect');
  const { raw } = socket.getPeerCertificate();
  socket.destroy();
  return `-----BEGIN CERTIFICATE-----\n${raw.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

it('SEC-303: openssl accepts the chains of agent and hub in its strict mode, each for its own end', async () => {
  const root = join(folder, 'hub/ca.pem');
  const ca = readFileSync(root, 'utf8');
  const { token } = await hub.createToken('web-1');
  const { cert } = await enrolV1Agent(`${hub.agentsUrl}/api/enroll/`, 'web-1', token, ca);
  const [leaf = '', ...between] = cert.match(CERTIFICATE) ?? [];
  const agent = ['-untrusted', write('between.pem', between.join('\n')), write('leaf.pem', leaf)];
  const server = write('server.pem', await servedBy(hub, ca));
  const strict = ['verify', '-x509_strict', '-CAfile', root];
  expect(openssl(...strict, '-purpose', 'sslclient', ...agent)).toContain('OK');
  expect(openssl(...strict, '-purpose', 'sslserver', '-verify_hostname', 'localhost', server)).toContain('OK');
  expect(() => openssl(...strict, '-purpose', 'sslserver', ...agent)).toThrow(/purpose/u);
  expect(() => openssl(...strict, '-purpose', 'sslclient', server)).toThrow(/purpose/u);
});
