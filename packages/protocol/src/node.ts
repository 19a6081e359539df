import { createHash, hash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { ProtocolCrypto } from './crypto.ts';

/** The hash functions of this package on Node's own crypto. */
export const nodeCrypto: ProtocolCrypto = {
  hmacSha256,
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

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/**
 * RFC 2104 over Node's one-shot SHA-256. Every command costs one of these on the agent, and `createHmac` spends more time on
 * its native object and its collection than on hashing a short text.
 */
function hmacSha256(key: Uint8Array, text: string): Uint8Array {
  const block = key.length > BLOCK_BYTES ? hash('sha256', key, 'buffer') : key;
  const inner = Buffer.allocUnsafe(BLOCK_BYTES + Buffer.byteLength(text, 'utf8'));
  const outer = Buffer.allocUnsafe(BLOCK_BYTES + DIGEST_BYTES);
  for (let index = 0; index < BLOCK_BYTES; index += 1) {
    const byte = block[index] ?? 0;
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  inner.write(text, BLOCK_BYTES, 'utf8');
  outer.write(hash('sha256', inner, 'binary'), BLOCK_BYTES, 'latin1');
  const digest = Buffer.from(hash('sha256', outer, 'binary'), 'latin1');
  // Both came from a shared pool, and the pads give the key away.
  inner.fill(0, 0, BLOCK_BYTES);
  outer.fill(0);
  return digest;
}
