import { checkRequestFields, checkSequenceFields } from './signed-fields.ts';
import { canonicalRequest, canonicalSequence } from './canonical.ts';
import type { RequestText, SequenceText } from './canonical.ts';
import type { ProtocolCrypto } from './crypto.ts';
import { ProtocolError } from './protocol-error.ts';
import type { RefusalReason } from './refusal.ts';
import { parseTimestamp } from './timestamp.ts';

const HMAC_BYTES = 32;
const NO_DIGIT = -1;
/** Value of each lower-case hex digit by its ASCII code. */
const DIGIT_VALUES = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code)));

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
  let invalid = 0;
  for (let index = 0; index < HMAC_BYTES; index += 1) {
    const high = DIGIT_VALUES[hex.charCodeAt(index * 2)] ?? NO_DIGIT;
    const low = DIGIT_VALUES[hex.charCodeAt(index * 2 + 1)] ?? NO_DIGIT;
    invalid |= high | low;
    bytes[index] = (high << 4) | low;
  }
  return invalid < 0 ? undefined : bytes;
}

function refuse(reason: RefusalReason | undefined): void {
  if (reason !== undefined) throw new ProtocolError('unsignable', `a strict agent would refuse this as ${reason}`, { reason });
}

function requireCanonical(ts: string): void {
  if (parseTimestamp(ts, 'hardened').canonical !== ts) {
    throw new ProtocolError('unsignable', 'sign over the canonical spelling of the timestamp, as formatTimestamp gives it');
  }
}
