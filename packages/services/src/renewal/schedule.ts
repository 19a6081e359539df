import { createHash } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';

const DUE_AFTER = 2 / 3;
const JITTER = 0.1;

/**
 * When a certificate is to be renewed, Unix milliseconds: after two thirds of its life and up to a tenth more (SEC-028). The
 * tenth is the certificate's own, so that a restart changes nothing and a fleet enrolled together spreads out.
 */
export function renewalDueAt(certificate: X509Certificate): number {
  const from = Date.parse(certificate.validFrom);
  const share = createHash('sha256').update(certificate.raw).digest().readUInt32BE(0) / 2 ** 32;
  return from + lifeMs(certificate) * (DUE_AFTER + JITTER * share);
}

export function lifeMs(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo) - Date.parse(certificate.validFrom);
}
