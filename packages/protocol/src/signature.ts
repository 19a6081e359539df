import { checkRequestFields, checkSequenceFields } from './signed-fields.ts';
import { canonicalRequest, canonicalSequence } from './canonical.ts';
import type { RequestText, SequenceText } from './canonical.ts';
import type { ProtocolCrypto } from './crypto.ts';
import { ProtocolError } from './protocol-error.ts';
import type { RefusalReason } from './refusal.ts';
import { parseTimestamp } from './timestamp.ts';

const HMAC_BYTES = 32;

/**
 * Signs a request: 64 lower-case hex digits. Throws `unsignable` for whatever a hardened agent would refuse, so that a hub
 * never puts its name under a text with two readings. Without `declaredNames` the parameters' own names are taken.
 */
export function signRequest(
  crypto: ProtocolCrypto,
  key: Uint8Array,
  request: RequestText,
  declaredNames?: Iterable<string>,
): string {
  refuse(checkRequestFields(request, declaredNames ?? Object.keys(request.params)));
  requireCanonical(request.ts);
  return hmacHex(crypto, key, canonicalRequest(request));
}

/** Signs a sequence: 64 lower-case hex digits. Throws `unsignable` like {@link signRequest}. */
export function signSequence(crypto: ProtocolCrypto, key: Uint8Array, sequence: SequenceText): string {
  refuse(checkSequenceFields(sequence));
  requireCanonical(sequence.ts);
  return hmacHex(crypto, key, canonicalSequence(sequence));
}

/** HMAC-SHA256 of a canonical text as 64 lower-case hex digits. Throws `not_well_formed` for a lone surrogate (SEC-055). */
export function hmacHex(crypto: ProtocolCrypto, key: Uint8Array, canonicalText: string): string {
  if (!canonicalText.isWellFormed()) throw new ProtocolError('not_well_formed', 'a text with a lone surrogate cannot be signed');
  return toHex(crypto.hmacSha256(key, canonicalText));
}

/**
 * Whether `hmac` is the signature of the text: exactly 64 lower-case hex digits (SEC-057), compared in constant time.
 * A text with a lone surrogate never verifies (SEC-055).
 */
export function verifySignature(crypto: ProtocolCrypto, key: Uint8Array, canonicalText: string, hmac: string): boolean {
  const claimed = hmacBytes(hmac);
  if (claimed === undefined || !canonicalText.isWellFormed()) return false;
  return crypto.equal(crypto.hmacSha256(key, canonicalText), claimed);
}

/** Lower-case hex of bytes. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16);
  return text;
}

/** The 32 bytes that 64 lower-case hex digits spell; undefined for every other text. */
function hmacBytes(hex: string): Uint8Array | undefined {
  if (hex.length !== 2 * HMAC_BYTES) return undefined;
  const bytes = new Uint8Array(HMAC_BYTES);
  for (let index = 0; index < HMAC_BYTES; index += 1) {
    const high = hexDigit(hex.charCodeAt(index * 2));
    const low = hexDigit(hex.charCodeAt(index * 2 + 1));
    if (high < 0 || low < 0) return undefined;
    bytes[index] = (high << 4) | low;
  }
  return bytes;
}

function hexDigit(unit: number): number {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  return unit >= 0x61 && unit <= 0x66 ? unit - 0x57 : -1;
}

function refuse(reason: RefusalReason | undefined): void {
  if (reason !== undefined) throw new ProtocolError('unsignable', `a strict agent would refuse this as ${reason}`, { reason });
}

function requireCanonical(ts: string): void {
  if (parseTimestamp(ts, 'hardened').canonical !== ts) {
    throw new ProtocolError('unsignable', 'sign over the canonical spelling of the timestamp, as formatTimestamp gives it');
  }
}
