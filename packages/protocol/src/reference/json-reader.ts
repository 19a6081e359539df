import { ProtocolError } from '../protocol-error.ts';
import { PythonFloat } from './python-float.ts';

/** Python gives up at about a thousand nested containers. */
const MAX_DEPTH = 990;
/** Python refuses to convert longer integer texts. */
const MAX_INT_DIGITS = 4300;

const WORDS: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];

/**
 * Reads JSON as Python's `json.loads` does (wire page, section 1.2): the last duplicate wins, `NaN` and infinities are
 * numbers, lone surrogates pass. Integers beyond 2^53 become bigint, floats with a whole value {@link PythonFloat}.
 * Throws `invalid_json`, or `uncaught` for too deep a nesting and too long an integer.
 */
export function readReferenceJson(text: string): unknown {
  return new PythonReader(text).readDocument();
}

class PythonReader {
  readonly #text: string;
  readonly #number = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
  #position = 0;

  constructor(text: string) {
    this.#text = text;
  }

  readDocument(): unknown {
    this.#skipSpace();
    const value = this.#readValue(0);
    this.#skipSpace();
    if (this.#position !== this.#text.length) throw this.#invalid();
    return value;
  }

  #readValue(depth: number): unknown {
    const unit = this.#text[this.#position];
    if (unit === '"') return this.#readString();
    if (unit === '{') return this.#readObject(this.#deeper(depth));
    if (unit === '[') return this.#readArray(this.#deeper(depth));
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#position)) continue;
      this.#position += word.length;
      return value;
    }
    return this.#readNumber();
  }

  #deeper(depth: number): number {
    if (depth < MAX_DEPTH) return depth + 1;
    throw new ProtocolError('uncaught', 'the frame nests too deeply', { referenceClass: 'RecursionError' });
  }

  #readObject(depth: number): object {
    const object = Object.create(null) as Record<string, unknown>;
    this.#position += 1;
    this.#skipSpace();
    if (this.#take('}')) return object;
    do {
      this.#skipSpace();
      if (this.#text[this.#position] !== '"') throw this.#invalid();
      const key = this.#readString();
      this.#skipSpace();
      if (!this.#take(':')) throw this.#invalid();
      this.#skipSpace();
      object[key] = this.#readValue(depth);
      this.#skipSpace();
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#invalid();
    return object;
  }

  #readArray(depth: number): unknown[] {
    const array: unknown[] = [];
    this.#position += 1;
    this.#skipSpace();
    if (this.#take(']')) return array;
    do {
      this.#skipSpace();
      array.push(this.#readValue(depth));
      this.#skipSpace();
    } while (this.#take(','));
    if (!this.#take(']')) throw this.#invalid();
    return array;
  }

  #readString(): string {
    const start = this.#position;
    let position = start + 1;
    for (;;) {
      const unit = this.#text.charCodeAt(position);
      if (unit === 0x22) break;
      if (Number.isNaN(unit)) throw this.#invalid();
      position += unit === 0x5c ? 2 : 1;
    }
    this.#position = position + 1;
    try {
      return JSON.parse(this.#text.slice(start, position + 1)) as string;
    } catch (error) {
      throw new ProtocolError('invalid_json', 'a string is malformed', { cause: error });
    }
  }

  #readNumber(): unknown {
    this.#number.lastIndex = this.#position;
    const match = this.#number.exec(this.#text);
    if (match === null) throw this.#invalid();
    this.#position += match[0].length;
    return match[2] === undefined && match[3] === undefined ? pythonInt(match[1]!) : pythonFloat(Number(match[0]));
  }

  #take(character: string): boolean {
    if (this.#text[this.#position] !== character) return false;
    this.#position += 1;
    return true;
  }

  #skipSpace(): void {
    while (' \t\n\r'.includes(this.#text[this.#position] ?? 'x')) this.#position += 1;
  }

  #invalid(): ProtocolError {
    return new ProtocolError('invalid_json', `not valid JSON at character ${this.#position}`);
  }
}

function pythonInt(literal: string): number | bigint {
  if (literal.replace('-', '').length > MAX_INT_DIGITS) {
    throw new ProtocolError('uncaught', 'an integer has too many digits', { referenceClass: 'ValueError' });
  }
  const value = Number(literal);
  if (literal === '-0') return 0;
  return Number.isSafeInteger(value) ? value : BigInt(literal);
}

function pythonFloat(value: number): number | PythonFloat {
  return Number.isInteger(value) ? new PythonFloat(value) : value;
}
