import { compareCodePoints } from './code-point-order.ts';
import type { ProtocolCrypto } from './crypto.ts';
import { asciiJsonString, encodeReference } from './reference/encode.ts';
import { PythonFloat } from './reference/python-float.ts';
import { toHex } from './signature.ts';

/** Canonical JSON: keys in code-point order, no spaces, ASCII with lower-case `\uXXXX` (wire page, section 13). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null || value instanceof PythonFloat) return encodeReference(value);
  const members = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([a], [b]) => compareCodePoints(a, b))
    .map(([key, item]) => `${asciiJsonString(key)}:${canonicalJson(item)}`);
  return `{${members.join(',')}}`;
}

/** `sha256:` and the hex SHA-256 of the canonical JSON of a value. */
export function digestOf(crypto: ProtocolCrypto, value: unknown): string {
  return `sha256:${toHex(crypto.sha256(canonicalJson(value)))}`;
}
