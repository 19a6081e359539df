import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAuthority } from './authority.ts';
import { newKeys } from './certificates.ts';
import { x509 } from './x509.ts';

const DAY_MS = 86_400_000;
const now = (): number => Date.now();

async function newPublicKey(): Promise<x509.PublicKey> {
  return await x509.PublicKey.create((await newKeys()).publicKey);
}

/** The first two certificates of a chain. */
function pair(chainPem: string): [X509Certificate, X509Certificate] {
  const [first, second] = (chainPem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
    (pem) => new X509Certificate(pem),
  );
  if (first === undefined || second === undefined) throw new Error('expected a chain of two');
  return [first, second];
}

describe('authority', () => {
  let stateDir: string;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'hub-ca-'));
  });
  afterEach(() => {
    rmSync(stateDir, { recursive: true, force: true });
  });

  it('makes a root, an agents intermediate and a server certificate that verify each other', async () => {
    const ca = await openAuthority(stateDir, now);
    const [leaf, root] = pair((await ca.serverFor(['localhost', '127.0.0.1', 'hub.example'])).chainPem);
    expect(root.ca && root.checkIssued(root)).toBe(true);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, DNS:hub.example');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(createHash('sha256').update(root.raw).digest('hex')).toBe(ca.rootDigest);
    expect(readFileSync(join(stateDir, 'ca.pem'), 'utf8')).toBe(ca.rootPem);
  });

  it('SEC-304 gives agents a 128-bit serial, clientAuth only, and their id as URI name and CN', async () => {
    const ca = await openAuthority(stateDir, now);
    const issued = await ca.issueFor('web-1', await newPublicKey(), 30);
    const [leaf, intermediate] = pair(issued.chainPem);
    expect(leaf.subject).toBe('CN=web-1');
    expect(leaf.subjectAltName).toBe(`URI:spiffe://${ca.hubId}.stormpulse.invalid/agent/web-1`);
    expect(ca.agentIdOf(leaf.subjectAltName)).toBe('web-1');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(leaf.serialNumber).toMatch(/^01[0-9A-F]{32}$/);
    expect(leaf.checkIssued(intermediate) && leaf.verify(intermediate.publicKey)).toBe(true);
    expect(issued.fingerprint).toBe(leaf.fingerprint256.replaceAll(':', '').toLowerCase());
    expect(Math.round((issued.notAfter - now()) / DAY_MS)).toBe(30);
  });

  it('takes an agent id only from exactly our one URI name', async () => {
    const ca = await openAuthority(stateDir, now);
    const uri = `URI:spiffe://${ca.hubId}.stormpulse.invalid/agent/a`;
    for (const wrong of [undefined, 'DNS:a', `${uri}, DNS:b`, uri.replace(ca.hubId, '0'.repeat(16)), `${uri}/b`, `${uri} `]) {
      expect(ca.agentIdOf(wrong)).toBeUndefined();
    }
  });

  it.skipIf(spawnSync('openssl', ['version']).status !== 0)(
    'SEC-303 has path length 0 and critical name constraints, and openssl accepts the chain in its strict mode',
    async () => {
      const ca = await openAuthority(stateDir, now);
      const issued = await ca.issueFor('web-1', await newPublicKey(), 30);
      const [leaf, intermediate] = pair(issued.chainPem);
      const parsed = new x509.X509Certificate(intermediate.raw);
      expect(parsed.getExtension(x509.BasicConstraintsExtension)).toMatchObject({ ca: true, pathLength: 0, critical: true });
      expect(parsed.getExtension('2.5.29.30')?.critical).toBe(true);
      const write = (name: string, pem: string): string => {
        writeFileSync(join(stateDir, name), pem);
        return join(stateDir, name);
      };
      const root = write('r.pem', ca.rootPem);
      const args = ['verify', '-x509_strict', '-CAfile', root];
      const middle = write('i.pem', intermediate.toString());
      const verify = (extra: string[], file: string): string =>
        execFileSync('openssl', [...args, ...extra, file], { encoding: 'utf8', stdio: 'pipe' });
      expect(verify(['-purpose', 'sslclient', '-untrusted', middle], write('l.pem', leaf.toString()))).toContain('OK');
      const [server] = pair((await ca.serverFor(['localhost'])).chainPem);
      expect(verify(['-purpose', 'sslserver', '-verify_hostname', 'localhost'], write('s.pem', server.toString()))).toContain(
        'OK',
      );
    },
  );

  it('SEC-181 keeps every key in a file of mode 0600', async () => {
    await (await openAuthority(stateDir, now)).serverFor(['localhost']);
    for (const name of ['ca-root.pem', 'ca-agents.pem', 'server.pem']) {
      expect(statSync(join(stateDir, name)).mode & 0o777, name).toBe(0o600);
      expect(readFileSync(join(stateDir, name), 'utf8')).toContain('PRIVATE KEY');
    }
    expect(readFileSync(join(stateDir, 'ca.pem'), 'utf8')).not.toContain('PRIVATE');
  });

  it('is the same after a restart, renews the server for new names and near its end, never the root', async () => {
    const first = await openAuthority(stateDir, now);
    const before = await first.serverFor(['localhost']);
    const again = await openAuthority(stateDir, now);
    expect(again.rootPem).toBe(first.rootPem);
    expect(again.clientCaPem).toEqual(first.clientCaPem);
    expect(await again.serverFor(['localhost'])).toEqual(before);
    expect((await again.serverFor(['localhost', 'hub.example'])).chainPem).not.toBe(before.chainPem);
    const later = await openAuthority(stateDir, () => Date.now() + 340 * DAY_MS);
    expect(later.rootPem).toBe(first.rootPem);
    expect((await later.serverFor(['localhost', 'hub.example'])).chainPem).not.toContain(before.chainPem.slice(0, 400));
  });

  it('names a damaged file and what to do', async () => {
    await openAuthority(stateDir, now);
    writeFileSync(join(stateDir, 'ca-root.pem'), 'garbage');
    await expect(openAuthority(stateDir, now)).rejects.toThrow(
      /ca-root\.pem cannot be read \(it has no CERTIFICATE block\); restore it/,
    );
  });
});
