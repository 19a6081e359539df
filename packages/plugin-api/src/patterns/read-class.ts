import { charSet, negate } from './char-set.ts';
import type { CharSet } from './char-set.ts';
import type { Cursor } from './cursor.ts';
import { invalid, PatternRefusal, unsupported } from './pattern-refusal.ts';
import { readEscape, single } from './read-escape.ts';
import type { Atom } from './read-escape.ts';

export interface ClassOptions {
  readonly allowWideRange: boolean;
  /** Told of every class escape, which is narrowed to ASCII. */
  readonly onNarrowed: (escape: string) => void;
}

/** Reads a character class whose `[` is already read. Throws `PatternRefusal`. */
export function readClass(cursor: Cursor, options: ClassOptions): Atom {
  const negated = cursor.take('^');
  const ranges: (readonly [number, number])[] = [];
  let text = negated ? '[^' : '[';
  for (let first = true; first || cursor.peek() !== ']'; first = false) {
    if (cursor.atEnd) return invalid('has a "[" without its "]"');
    const low = readItem(cursor, negated, options);
    const high = isRange(cursor) ? readRangeEnd(cursor, low, negated, options) : undefined;
    text += high === undefined ? low.text : `${low.text}-${high.text}`;
    ranges.push(...(high === undefined ? low.set : [[codeOf(low), codeOf(high)] as const]));
  }
  cursor.next();
  const set: CharSet = charSet(ranges);
  return { text: `${text}]`, set: negated ? negate(set) : set, written: 'class' };
}

function isRange(cursor: Cursor): boolean {
  return cursor.peek() === '-' && cursor.peek(1) !== ']' && cursor.peek(1) !== undefined;
}

function readRangeEnd(cursor: Cursor, low: Atom, negated: boolean, options: ClassOptions): Atom {
  if (cursor.peek(1) === '-') return unsupported('the set operator "--"', 'write a literal "-" last in the class');
  cursor.next();
  const high = readItem(cursor, negated, options);
  if (low.written === 'class' || high.written === 'class')
    return invalid(`has the range ${low.text}-${high.text}, whose end is a class`);
  if (codeOf(low) > codeOf(high)) return invalid(`has the range ${low.text}-${high.text}, which is in reverse order`);
  if (!options.allowWideRange && !isPlainRange(low, high)) {
    const fix =
      'name the characters, write a literal "-" last in the class, or, if it is meant, add allow = ["wide_range"] to the command';
    throw new PatternRefusal(
      'wide_range',
      `has the range ${low.text}-${high.text}, which also takes in characters between them`,
      fix,
    );
  }
  return high;
}

function readItem(cursor: Cursor, negated: boolean, options: ClassOptions): Atom {
  const char = cursor.next() ?? '';
  const following = cursor.peek() ?? '';
  if (char === '\\') {
    const atom = readEscape(cursor, true);
    if (atom.written === 'class') {
      if (negated) return unsupported(`\\${following} inside a negated class`, 'list the characters you want');
      options.onNarrowed(`\\${following}`);
    }
    return atom;
  }
  if (/^[-&|~]$/u.test(char) && following === char)
    return unsupported(`the set operator "${char}${char}"`, 'escape the character');
  if (char === '[' && /^[:.=]$/u.test(following)) return unsupported('a POSIX class', 'write the ranges, for example [A-Za-z]');
  if (char === ']') return single('\\]', 0x5d, 'literal');
  const codePoint = char.codePointAt(0) ?? 0;
  if (codePoint > 0x7e || codePoint < 0x20) return unsupported('a class with a character outside ASCII', 'write it as \\uHHHH');
  return single(char, codePoint, 'literal');
}

const codeOf = (atom: Atom): number => atom.set[0]?.[0] ?? 0;

function isPlainRange(low: Atom, high: Atom): boolean {
  if (low.written === 'code' && high.written === 'code') return true;
  return [/^[0-9]{2}$/u, /^[a-z]{2}$/u, /^[A-Z]{2}$/u].some((kind) => kind.test(low.text + high.text));
}
