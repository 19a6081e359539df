import type { PeerCertificate } from 'node:tls';
import { expect, test } from 'vitest';
import { identityProblem } from './server-identity.ts';

const rules = { requireServerEku: false, allowWildcard: false };
const problem = (host: string, subjectaltname: string): string | undefined =>
  identityProblem(host, { subject: { CN: 'x' }, subjectaltname } as unknown as PeerCertificate, rules)?.message;

test('SEC-023: a wildcard stays refused when the certificate names an address too', () => {
  expect(problem('hub.example.com', 'DNS:*.example.com, IP Address:192.0.2.1')).toContain('only by a wildcard');
});

test('SEC-023: an address that is named exactly is accepted, whatever else is named', () => {
  expect(problem('192.0.2.1', 'DNS:*.example.com, IP Address:192.0.2.1')).toBeUndefined();
  expect(problem('192.0.2.2', 'DNS:*.example.com, IP Address:192.0.2.1')).toContain('not for "192.0.2.2"');
});

test('a certificate with thousands of names makes no log line of thousands of names', () => {
  const names = Array.from({ length: 5_000 }, (_, at) => `DNS:host-${at}.example.com`).join(', ');
  expect(problem('hub.example.com', names)?.length).toBeLessThan(500);
});
