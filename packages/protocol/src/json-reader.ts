import { createBareObject } from './bare-object.ts';
import type { JsonObject, JsonValue } from './json-value.ts';
import type { JsonLimits } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

/** What reading a frame's text gives. */
export interface StrictJson {
  readonly value: JsonValue;
  /** Some object had the same key twice; the last one won. */
  readonly duplicateKey: boolean;
  /** How the number at the top-level key `v` was spelled; empty when there was none. */
  readonly versionText: string;
}

/**
 * Reads one JSON text (RFC 8259) within limits (SEC-050): bounded depth, values and keys, finite numbers, well-formed strings.
 * Objects have no prototype; the keys `__proto__`, `constructor` and `prototype` are refused (SEC-051).
 * One pass, linear in the length of the text. Throws {@link ProtocolError}.
 */
export function readStrictJson(text: string, limits: JsonLimits): StrictJson {
  if (!text.isWellFormed()) throw new ProtocolError('not_well_formed', 'the frame has a lone surrogate');
  const reader = new StrictReader(text, limits);
  return { value: reader.readDocument(), duplicateKey: reader.duplicateKey, versionText: reader.versionText };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const MINUS = 0x2d;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

class StrictReader {
  duplicateKey = false;
  versionText = '';
  readonly #text: string;
  readonly #limits: JsonLimits;
  #position = 0;
  #nodes = 0;

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  readDocument(): JsonValue {
    this.#skipSpace();
    const value = this.#readValue(0);
    this.#skipSpace();
    if (this.#position !== this.#text.length) throw this.#invalid('there is text after the JSON value');
    return value;
  }

  #readValue(depth: number): JsonValue {
    this.#nodes += 1;
    if (this.#nodes > this.#limits.maxNodes) {
      throw new ProtocolError('too_many_nodes', `the frame has more than ${this.#limits.maxNodes} values`);
    }
    const unit = this.#text.charCodeAt(this.#position);
    if (unit === QUOTE) return this.#readString();
    if (unit === OPEN_OBJECT) return this.#readObject(depth + 1);
    if (unit === OPEN_ARRAY) return this.#readArray(depth + 1);
    if (unit === MINUS || (unit >= 0x30 && unit <= 0x39)) return this.#readNumber();
    return this.#readWord();
  }

  #readObject(depth: number): JsonObject {
    this.#enter(depth);
    const object = createBareObject<JsonValue>();
    let keys = 0;
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#position) === CLOSE_OBJECT) {
      this.#position += 1;
      return object;
    }
    for (;;) {
      if (this.#text.charCodeAt(this.#position) !== QUOTE) throw this.#invalid('expected a key in double quotes');
      const key = this.#readString();
      keys += 1;
      this.#checkKey(key, object, keys);
      this.#skipSpace();
      if (this.#text.charCodeAt(this.#position) !== COLON) throw this.#invalid('expected a colon');
      this.#position += 1;
      this.#skipSpace();
      const start = this.#position;
      object[key] = this.#readValue(depth);
      if (depth === 1 && key === 'v') this.versionText = this.#text.slice(start, this.#position);
      if (this.#endOfItem(CLOSE_OBJECT)) return object;
    }
  }

  #readArray(depth: number): JsonValue[] {
    this.#enter(depth);
    this.#skipSpace();
    if (this.#text.charCodeAt(this.#position) === CLOSE_ARRAY) {
      this.#position += 1;
      return [];
    }
    // The first push into an empty array makes room for seventeen, which a text of many short ones would fill memory with.
    const array = [this.#readValue(depth)];
    while (!this.#endOfItem(CLOSE_ARRAY)) array.push(this.#readValue(depth));
    return array;
  }

  #enter(depth: number): void {
    if (depth > this.#limits.maxDepth) {
      throw new ProtocolError('too_deep', `the frame nests more than ${this.#limits.maxDepth} levels`);
    }
    this.#position += 1;
  }

  #checkKey(key: string, object: JsonObject, keys: number): void {
    if (keys > this.#limits.maxKeysPerObject) {
      throw new ProtocolError('too_many_keys', `an object has more than ${this.#limits.maxKeysPerObject} keys`);
    }
    if (key.length >= 9 && (key === '__proto__' || key === 'constructor' || key === 'prototype')) {
      throw new ProtocolError('forbidden_key', `the key ${key} is not allowed`);
    }
    if (object[key] !== undefined) this.duplicateKey = true;
  }

  /** After an item: true at the closing bracket, false after a comma, with the position on the next item. */
  #endOfItem(close: number): boolean {
    this.#skipSpace();
    const unit = this.#text.charCodeAt(this.#position);
    if (unit !== close && unit !== COMMA) throw this.#invalid('expected a comma or a closing bracket');
    this.#position += 1;
    if (unit === close) return true;
    this.#skipSpace();
    return false;
  }

  #readString(): string {
    const text = this.#text;
    const start = this.#position;
    const { length } = text;
    let position = start + 1;
    let escaped = false;
    for (;;) {
      if (position >= length) throw this.#invalid('a string is not closed');
      const unit = text.charCodeAt(position);
      if (unit === QUOTE) break;
      if (unit < 0x20) throw this.#invalid('a string holds a control character');
      if (unit === BACKSLASH) {
        escaped = true;
        position += 1;
      }
      position += 1;
    }
    this.#position = position + 1;
    return escaped ? this.#unescape(text.slice(start, position + 1)) : text.slice(start + 1, position);
  }

  #unescape(literal: string): string {
    let value: string;
    try {
      value = JSON.parse(literal) as string;
    } catch (error) {
      throw new ProtocolError('invalid_json', 'a string has a malformed escape', { cause: error });
    }
    if (!value.isWellFormed()) throw new ProtocolError('not_well_formed', 'a string has a lone surrogate');
    return value;
  }

  #readNumber(): number {
    const digit = this.#text.charCodeAt(this.#position) - 0x30;
    const next = this.#text.charCodeAt(this.#position + 1);
    if (digit >= 0 && (next === COMMA || next === CLOSE_OBJECT || next === CLOSE_ARRAY)) {
      this.#position += 1;
      return digit;
    }
    NUMBER.lastIndex = this.#position;
    const literal = NUMBER.exec(this.#text)?.[0];
    if (literal === undefined) throw this.#invalid('malformed number');
    this.#position += literal.length;
    const value = Number(literal);
    if (!Number.isFinite(value)) throw new ProtocolError('number_not_finite', 'a number is too large');
    return value;
  }

  #readWord(): boolean | null {
    const text = this.#text;
    if (text.startsWith('true', this.#position)) return this.#word(4, true);
    if (text.startsWith('false', this.#position)) return this.#word(5, false);
    if (text.startsWith('null', this.#position)) return this.#word(4, null);
    throw this.#invalid('expected a JSON value');
  }

  #word<T>(length: number, value: T): T {
    this.#position += length;
    return value;
  }

  #skipSpace(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#position);
      if (unit !== 0x20 && unit !== 0x0a && unit !== 0x0d && unit !== 0x09) return;
      this.#position += 1;
    }
  }

  #invalid(what: string): ProtocolError {
    return new ProtocolError('invalid_json', `not valid JSON at character ${this.#position}: ${what}`);
  }
}
