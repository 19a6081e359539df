import { ProtocolError } from '../protocol-error.ts';

/**
 * Text of a binary frame as Python's `json.loads` finds it: the encoding is guessed from byte order marks and zero bytes, and
 * encoded surrogates pass.
 */
export function decodeReferenceBytes(bytes: Uint8Array): string {
  const encoding = guessEncoding(bytes);
  switch (encoding.name) {
    case 'utf-8':
      return decodeUtf8(bytes.subarray(encoding.skip));
    case 'utf-16':
      return decodeUtf16(bytes.subarray(encoding.skip), encoding.littleEndian);
    case 'utf-32':
      return decodeUtf32(bytes.subarray(encoding.skip), encoding.littleEndian);
  }
}

interface Encoding {
  readonly name: 'utf-8' | 'utf-16' | 'utf-32';
  readonly littleEndian: boolean;
  /** Bytes of the byte order mark. */
  readonly skip: number;
}

function guessEncoding(bytes: Uint8Array): Encoding {
  const [a = -1, b = -1, c = -1, d = -1] = bytes;
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return { name: 'utf-32', littleEndian: false, skip: 4 };
  if (a === 0xff && b === 0xfe && c === 0 && d === 0) return { name: 'utf-32', littleEndian: true, skip: 4 };
  if (a === 0xfe && b === 0xff) return { name: 'utf-16', littleEndian: false, skip: 2 };
  if (a === 0xff && b === 0xfe) return { name: 'utf-16', littleEndian: true, skip: 2 };
  if (a === 0xef && b === 0xbb && c === 0xbf) return { name: 'utf-8', littleEndian: false, skip: 3 };
  if (bytes.length >= 4) {
    if (a === 0) return { name: b === 0 ? 'utf-32' : 'utf-16', littleEndian: false, skip: 0 };
    if (b === 0) return { name: c === 0 && d === 0 ? 'utf-32' : 'utf-16', littleEndian: true, skip: 0 };
  } else if (bytes.length === 2) {
    if (a === 0) return { name: 'utf-16', littleEndian: false, skip: 0 };
    if (b === 0) return { name: 'utf-16', littleEndian: true, skip: 0 };
  }
  return { name: 'utf-8', littleEndian: true, skip: 0 };
}

function undecodable(): ProtocolError {
  return new ProtocolError('uncaught', 'the frame cannot be decoded', { referenceClass: 'UnicodeDecodeError' });
}

/** `String.fromCodePoint` takes a bounded number of arguments. */
function textOf(codes: readonly number[]): string {
  let text = '';
  for (let index = 0; index < codes.length; index += 4096) text += String.fromCodePoint(...codes.slice(index, index + 4096));
  return text;
}

function decodeUtf8(bytes: Uint8Array): string {
  const codes: number[] = [];
  for (let index = 0; index < bytes.length;) {
    const lead = bytes[index]!;
    const length =
      lead < 0x80 ? 1 : lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
    if (length === 0) throw undecodable();
    let code = length === 1 ? lead : lead & (0xff >> (length + 1));
    for (let next = 1; next < length; next += 1) {
      const byte = bytes[index + next] ?? 0;
      if ((byte & 0xc0) !== 0x80) throw undecodable();
      code = (code << 6) | (byte & 0x3f);
    }
    if ((length === 3 && code < 0x800) || (length === 4 && (code < 0x10000 || code > 0x10ffff))) throw undecodable();
    codes.push(code);
    index += length;
  }
  return textOf(codes);
}

function decodeUtf16(bytes: Uint8Array, littleEndian: boolean): string {
  if (bytes.length % 2 !== 0) throw undecodable();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const codes: number[] = [];
  for (let index = 0; index < bytes.length; index += 2) codes.push(view.getUint16(index, littleEndian));
  return textOf(codes);
}

function decodeUtf32(bytes: Uint8Array, littleEndian: boolean): string {
  if (bytes.length % 4 !== 0) throw undecodable();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const codes: number[] = [];
  for (let index = 0; index < bytes.length; index += 4) {
    const code = view.getUint32(index, littleEndian);
    if (code > 0x10ffff) throw undecodable();
    codes.push(code);
  }
  return textOf(codes);
}
