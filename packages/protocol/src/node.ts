import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { ProtocolCrypto } from './crypto.ts';

/** The hash functions of this package on Node's own crypto. */
export const nodeCrypto: ProtocolCrypto = {
  // By way of a one-byte string: Node takes longer to make the digest's buffer than to hash a short text.
  hmacSha256: (key, text) => Buffer.from(createHmac('sha256', key).update(text, 'utf8').digest('binary'), 'latin1'),
  sha256: (data) => createHash('sha256').update(data).digest(),
  equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
};

/** A nonce as v1's hubs make them: 43 characters of base64url, 256 random bits. */
export function newNonce(): string {
  return randomBytes(32).toString('base64url');
}

/** A message id: UUID version 4. */
export function newMessageId(): string {
  return randomUUID();
}
