import type { ProtocolCrypto } from './crypto.ts';
import { toHex } from './signature.ts';

/**
 * The envelope id of a signed message between peers that both named `request.bind` (SEC-071): the first 32 hex digits of the
 * SHA-256 of `stormpulse-request-id-v1`, LF and the nonce. The signature covers the nonce, so an id that was swapped on the way
 * no longer fits.
 */
export function boundRequestId(crypto: ProtocolCrypto, nonce: string): string {
  return toHex(crypto.sha256(`stormpulse-request-id-v1\n${nonce}`)).slice(0, 32);
}

/** With strict = false an id may be any JSON value (wire page, 1.1); what names an answer is text that every hub can read. */
export function requestIdText(id: unknown): string | undefined {
  if (typeof id === 'string') return id;
  return typeof id === 'bigint' || Number.isFinite(id) ? String(id) : undefined;
}
