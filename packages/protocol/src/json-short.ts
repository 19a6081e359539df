import { createBareObject } from './bare-object.ts';
import { readStrictJson } from './json-reader.ts';
import type { StrictJson } from './json-reader.ts';
import { isJsonObject } from './json-value.ts';
import type { JsonValue } from './json-value.ts';
import type { JsonLimits } from './limits.ts';

const HEAD = '{"v":1,';
const QUOTE = 0x22;
const COLON = 0x3a;
/** The shortest member of an object: `"":0,`. */
const MIN_MEMBER_CHARACTERS = 5;
/** The shortest value with what parts it from the next: `0,`. */
const MIN_VALUE_CHARACTERS = 2;

/**
 * As {@link readStrictJson}, faster for the frames that peers really send: short, `v` first, no escapes. Such a text cannot
 * exceed the limits on values and keys, and the engine's own parser decides whether it is JSON; what is left to check is
 * checked while the result is copied. Everything else, and everything that fails, goes to the strict reader.
 */
export function readFrameJson(text: string, limits: JsonLimits): StrictJson {
  return (isPlain(text, limits) ? readPlain(text, limits) : undefined) ?? readStrictJson(text, limits);
}

function isPlain(text: string, limits: JsonLimits): boolean {
  const bound = Math.min(MIN_MEMBER_CHARACTERS * limits.maxKeysPerObject, MIN_VALUE_CHARACTERS * limits.maxNodes);
  return (
    text.length <= bound &&
    text.startsWith(HEAD) &&
    !text.includes('\\') &&
    !text.includes('"v"', HEAD.length) &&
    text.isWellFormed()
  );
}

function readPlain(text: string, { maxDepth }: JsonLimits): StrictJson | undefined {
  let parsed: JsonValue;
  try {
    parsed = JSON.parse(text) as JsonValue;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const copier = new Copier(maxDepth);
  const value = copier.copy(parsed, 0);
  return value === undefined ? undefined : new PlainJson(text, value, copier.members);
}

/** Copies into objects that inherit nothing (SEC-051); undefined where a check fails. */
class Copier {
  readonly #maxDepth: number;
  /** Keys of all objects. */
  members = 0;

  constructor(maxDepth: number) {
    this.#maxDepth = maxDepth;
  }

  copy(value: JsonValue, depth: number): JsonValue | undefined {
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
    if (typeof value !== 'object' || value === null) return value;
    if (depth === this.#maxDepth) return undefined;
    return isJsonObject(value) ? this.#copyObject(value, depth + 1) : this.#copyArray(value, depth + 1);
  }

  #copyObject(source: Readonly<Record<string, JsonValue>>, depth: number): JsonValue | undefined {
    const object = createBareObject<JsonValue>();
    for (const key in source) {
      if (key.length >= 9 && (key === '__proto__' || key === 'constructor' || key === 'prototype')) return undefined;
      const item = source[key]!;
      const copied = typeof item === 'string' ? item : this.copy(item, depth);
      if (copied === undefined) return undefined;
      object[key] = copied;
      this.members += 1;
    }
    return object;
  }

  #copyArray(source: readonly JsonValue[], depth: number): JsonValue | undefined {
    const array: JsonValue[] = [];
    for (const item of source) {
      const copied = this.copy(item, depth);
      if (copied === undefined) return undefined;
      array.push(copied);
    }
    return array;
  }
}

class PlainJson implements StrictJson {
  readonly value: JsonValue;
  readonly versionText = '1';
  readonly #text: string;
  readonly #members: number;

  constructor(text: string, value: JsonValue, members: number) {
    this.#text = text;
    this.value = value;
    this.#members = members;
  }

  /** Counted only for those who ask: signed messages. */
  get duplicateKey(): boolean {
    return writtenMembers(this.#text) !== this.#members;
  }
}

/** Colons outside strings of a text without escapes. */
function writtenMembers(text: string): number {
  let members = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === COLON) members += 1;
    else if (unit === QUOTE) index = text.indexOf('"', index + 1);
  }
  return members;
}
