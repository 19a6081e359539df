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

/** What openssl asks of a certificate in its strict mode, and Python 3.13 with it (RFC 5280, 4.2.1). */
function expectStrict(certificate: X509Certificate, issuer: X509Certificate): void {
  const [own, above] = [certificate, issuer].map(({ raw }) => new x509.X509Certificate(raw));
  const keyId = above?.getExtension(x509.SubjectKeyIdentifierExtension);
  expect(own?.getExtension(x509.SubjectKeyIdentifierExtension)).toMatchObject({ critical: false });
  expect(own?.getExtension(x509.BasicConstraintsExtension)).toMatchObject({ ca: certificate.ca, critical: true });
  const usages = own?.getExtension(x509.KeyUsagesExtension)?.usages ?? 0;
  expect((usages & x509.KeyUsageFlags.keyCertSign) !== 0).toBe(certificate.ca);
  expect(certificate.issuer).toBe(issuer.subject);
  expect(certificate.subject).not.toBe('');
  if (certificate === issuer) return;
  const authorityKeyId = own?.getExtension(x509.AuthorityKeyIdentifierExtension);
  expect(authorityKeyId).toMatchObject({ keyId: keyId?.keyId, critical: false });
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

  it('SEC-303 has path length 0 and critical name constraints, and holds what openssl asks of a chain in its strict mode', async () => {
    const ca = await openAuthority(stateDir, now);
    const [leaf, intermediate] = pair((await ca.issueFor('web-1', await newPublicKey(), 30)).chainPem);
    const [server, root] = pair((await ca.serverFor(['localhost'])).chainPem);
    const parsed = new x509.X509Certificate(intermediate.raw);
    expect(parsed.getExtension(x509.BasicConstraintsExtension)).toMatchObject({ ca: true, pathLength: 0, critical: true });
    expect(parsed.getExtension('2.5.29.30')?.critical).toBe(true);
    expectStrict(root, root);
    expectStrict(intermediate, root);
    expectStrict(leaf, intermediate);
    expectStrict(server, root);
  });

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
