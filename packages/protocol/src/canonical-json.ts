import { compareCodePoints } from './code-point-order.ts';
import type { ProtocolCrypto } from './crypto.ts';
import { asciiJsonString, encodeReference } from './reference/encode.ts';
import { PythonFloat } from './reference/python-float.ts';
import { toHex } from './signature.ts';

/** Canonical JSON: keys in code-point order, no spaces, ASCII with lower-case `\uXXXX` (wire page, section 13). */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null || value instanceof PythonFloat) return encodeReference(value);
  return `{${canonicalMembers(value).join(',')}}`;
}

/** What stands between the braces of an object's canonical JSON: a text for each key that has a value, in their order. */
export function canonicalMembers(value: object): string[] {
  const members: string[] = [];
  for (const key of Object.keys(value).sort(compareCodePoints)) {
    const item = (value as Readonly<Record<string, unknown>>)[key];
    if (item !== undefined) members.push(`${asciiJsonString(key)}:${canonicalJson(item)}`);
  }
  return members;
}

/** `sha256:` and the hex SHA-256 of the canonical JSON of a value. */
export function digestOf(crypto: ProtocolCrypto, value: unknown): string {
  return `sha256:${toHex(crypto.sha256(canonicalJson(value)))}`;
}
