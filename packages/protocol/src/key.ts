import { ProtocolError } from './protocol-error.ts';

/**
 * The key in the bytes of a key file: ASCII white space (0x09 to 0x0D, 0x20) is stripped at both ends, nothing else
 * (wire page, section 3.2; SEC-034). Throws `secret_empty` when nothing is left.
 */
export function loadHmacKey(bytes: Uint8Array): Uint8Array {
  let start = 0;
  let end = bytes.length;
  while (start < end && isAsciiSpace(bytes[start]!)) start += 1;
  while (end > start && isAsciiSpace(bytes[end - 1]!)) end -= 1;
  if (start === end) throw new ProtocolError('secret_empty', 'the key file holds no key');
  return bytes.slice(start, end);
}

/** Whether a key comes back unchanged from its file. A hub mints only such keys. */
export function isStorableKey(key: Uint8Array): boolean {
  return key.length > 0 && !isAsciiSpace(key[0]!) && !isAsciiSpace(key[key.length - 1]!);
}

function isAsciiSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}
