import { PythonFloat, readReferenceJson } from '@stormpulse/protocol';
import type { Dialect } from '@stormpulse/protocol';

/** One vector: an object of whatever the format says. */
export type Vector = Readonly<Record<string, unknown>>;

/** A vector file's top-level object. */
export type Vectors = Vector;

/**
 * Reads a vector file. For the reference dialect numbers keep what Python knows of them (`1` and `1.0` differ), for the
 * hardened one they are plain JSON.
 */
export function readVectors(text: string, dialect: Dialect): Vectors {
  const value: unknown = dialect === 'reference' ? readReferenceJson(text) : (JSON.parse(text) as unknown);
  if (!isVector(value)) throw new Error('the file is not a JSON object');
  return value;
}

/** The vectors of a section; none when the file has no such section. */
export function section(vectors: Vectors, name: string): readonly Vector[] {
  const value = vectors[name];
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Error(`section ${name} is not a list`);
  return value as readonly Vector[];
}

/** Name of a case: its id, or its place in the section. */
export function caseId(sectionName: string, vector: Vector, index: number): string {
  const { id } = vector;
  return `${sectionName}/${typeof id === 'string' ? id : index}`;
}

export function isVector(value: unknown): value is Vector {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that must be a string. */
export function text(vector: Vector, name: string): string {
  const value = vector[name];
  if (typeof value !== 'string') throw new Error(`the vector's ${name} is not a string`);
  return value;
}

/** A field that must be a number. */
export function number(vector: Vector, name: string): number {
  const value = plain(vector[name]);
  if (typeof value !== 'number') throw new Error(`the vector's ${name} is not a number`);
  return value;
}

/** Bytes of a base64 field. */
export function bytes(vector: Vector, name: string): Uint8Array {
  const decoded = Buffer.from(text(vector, name), 'base64');
  if (decoded.toString('base64') !== vector[name]) throw new Error(`the vector's ${name} is not base64`);
  return new Uint8Array(decoded);
}

/** The value as ordinary JSON: numbers are numbers, objects have the usual prototype and keep every key as their own. */
export function plain(value: unknown): unknown {
  if (value instanceof PythonFloat) return plain(value.value);
  // Precision beyond 2^53 is nobody's to rely on, and tools that rewrite a file lose it.
  if (typeof value === 'bigint') return Number(value);
  if (Object.is(value, -0)) return 0;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) Object.defineProperty(copy, key, { value: plain(item), enumerable: true });
  }
  return copy;
}
