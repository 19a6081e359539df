import type { Args } from './rpc.ts';

/** What a side that is not trusted gave for one argument; each throws with its name. */

export function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new TypeError(`"${name}" is no text`);
  return value;
}

export function numberOf(value: unknown, name = 'a number'): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new TypeError(`"${name}" is no number`);
  return value;
}

export function texts(value: unknown, name: string): readonly string[] {
  if (!Array.isArray(value)) throw new TypeError(`"${name}" is no list`);
  return value.map((item: unknown) => text(item, name));
}

export function record<T>(value: unknown, name: string, one: (value: unknown, name: string) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(asArgs(value)).map(([key, item]) => [key, one(item, `${name}.${key}`)]));
}

export function bytes(value: unknown): Uint8Array {
  return Buffer.from(text(value, 'bytes'), 'base64');
}

/** An empty one for what is no object. */
export function asArgs(value: unknown): Args {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Args) : {};
}

/** `{ name: value }` when there is a value. */
export function optional<K extends string, T>(
  name: K,
  value: unknown,
  read: (value: unknown, name: string) => T,
): { readonly [key in K]?: T } {
  return value === undefined || value === null ? {} : ({ [name]: read(value, name) } as { readonly [key in K]?: T });
}
