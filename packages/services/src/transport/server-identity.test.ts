import type { PeerCertificate } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { identityProblem } from './server-identity.ts';

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const STRICT = { requireServerEku: true, allowWildcard: false };
const SYSTEM = { requireServerEku: true, allowWildcard: true };

/** The fields of a peer's certificate that count, as Node presents them. */
function peer(
  names: string | undefined,
  usages: readonly string[] | undefined = [SERVER_AUTH],
  commonName = 'hub.example',
): PeerCertificate {
  const certificate = { subject: { CN: commonName }, subjectaltname: names, ext_key_usage: usages };
  return certificate as unknown as PeerCertificate;
}

describe('identityProblem', () => {
  it.each([
    ['DNS:hub.example', 'hub.example'],
    ['DNS:other.example, DNS:hub.example', 'hub.example'],
    ['DNS:HUB.example', 'hub.EXAMPLE'],
    ['IP Address:192.0.2.7', '192.0.2.7'],
  ])('SEC-023 accepts %s for %s', (names, host) => {
    expect(identityProblem(host, peer(names), STRICT)).toBeUndefined();
  });

  it.each([
    ['DNS:*.example.org', 'hub.example.org'],
    ['DNS:*.example.org, DNS:other.example', 'hub.example.org'],
  ])('SEC-023 refuses the wildcard %s, and names the line that allows it', (names, host) => {
    expect(identityProblem(host, peer(names), STRICT)).toMatchObject({
      message: expect.stringContaining('only by a wildcard') as unknown,
      fix: expect.stringContaining('server_ca = "system" under [tls]') as unknown,
    });
  });

  it('SEC-023 lets one left-most wildcard label pass with the system roots, and no other', () => {
    expect(identityProblem('hub.example.org', peer('DNS:*.example.org'), SYSTEM)).toBeUndefined();
    expect(identityProblem('a.hub.example.org', peer('DNS:*.example.org'), SYSTEM)).toBeDefined();
    expect(identityProblem('hub.example.org', peer('DNS:hub.*.org'), SYSTEM)).toBeDefined();
    expect(identityProblem('hub.example.org', peer('DNS:*'), SYSTEM)).toBeDefined();
  });

  it.each([undefined, '', 'email:a@hub.example', 'URI:https://hub.example/'])(
    'SEC-023 never takes the common name (%s)',
    (names) => {
      expect(identityProblem('hub.example', peer(names), STRICT)?.message).toContain('common name does not count');
    },
  );

  it('SEC-023 does not take a name for an address or a name that hides in another', () => {
    expect(identityProblem('192.0.2.7', peer('DNS:192.0.2.7'), STRICT)).toBeDefined();
    expect(identityProblem('hub.example', peer('DNS:"evil, DNS:hub.example"'), STRICT)).toBeDefined();
    expect(identityProblem('hub.example', peer('DNS:hub.example.evil.org'), STRICT)).toBeDefined();
  });

  it.each([[undefined], [[]], [[CLIENT_AUTH]]])('SEC-024 wants serverAuth, not %s', (usages) => {
    const certificate = { ...peer('DNS:hub.example'), ext_key_usage: usages } as unknown as PeerCertificate;
    expect(identityProblem('hub.example', certificate, STRICT)).toMatchObject({
      message: expect.stringContaining('serverAuth') as unknown,
      fix: expect.stringContaining('require_server_eku = false under [tls]') as unknown,
    });
    expect(identityProblem('hub.example', certificate, { ...STRICT, requireServerEku: false })).toBeUndefined();
  });
});
