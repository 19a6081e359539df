import { X509Certificate } from 'node:crypto';
import type { AuditEntry } from '@stormpulse/kernel';

/** A certificate in the host's own record. `pem` is its chain, the leaf first. Throws when there is none. */
export function credentialsEntry(kind: 'credentials.loaded' | 'credentials.renewed', pem: string): AuditEntry {
  const { fingerprint256, validTo } = new X509Certificate(pem);
  const certificate = fingerprint256.replaceAll(':', '').toLowerCase();
  return { kind, certificate_sha256: certificate, valid_to: new Date(validTo).toISOString() };
}
