/** Limits of one value: Unicode code points and UTF-8 bytes. */
export interface TextLimits {
  readonly maxChars: number;
  readonly maxBytes: number;
}

/** UTF-8 length of well-formed text. */
export function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const char of text) bytes += byteWidth(char.codePointAt(0) ?? 0);
  return bytes;
}

/**
 * True when well-formed text is over a limit. A code point is at most two UTF-16 units, and a unit at least one byte, so a
 * hostile length is refused without reading the text (SEC-111).
 */
export function isTooLong(text: string, limits: TextLimits): boolean {
  if (text.length > limits.maxBytes || text.length > limits.maxChars * 2) return true;
  let chars = 0;
  let bytes = 0;
  for (const char of text) {
    chars += 1;
    bytes += byteWidth(char.codePointAt(0) ?? 0);
    if (chars > limits.maxChars || bytes > limits.maxBytes) return true;
  }
  return false;
}

function byteWidth(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
