import { checkServerIdentity } from 'node:tls';
import type { PeerCertificate } from 'node:tls';

/**
 * Whether the enrolling hub's certificate is for `host`, after its chain was verified: by subjectAltName only, and by a
 * wildcard only where a public CA vouches (SEC-023). Undefined: it is.
 */
export function identityProblem(host: string, certificate: PeerCertificate, allowWildcard: boolean): Error | undefined {
  const names = (certificate.subjectaltname ?? '').split(', ').filter((name) => /^(?:DNS|IP Address):/u.test(name));
  if (names.length === 0) {
    return new Error(
      `the hub's certificate names no host in subjectAltName (a common name does not count); "${host}" was expected`,
    );
  }
  const mismatch = checkServerIdentity(host, certificate);
  if (mismatch !== undefined) return new Error(`the hub's certificate is for ${names.join(', ')}, not for "${host}"`);
  const exact = names.some((name) => name.startsWith('IP Address:') || name.toLowerCase() === `dns:${host.toLowerCase()}`);
  if (exact || allowWildcard) return undefined;
  return new Error(`the hub's certificate matches "${host}" only by a wildcard (${names.join(', ')})`);
}
