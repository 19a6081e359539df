import type { CharSet } from './char-set.ts';
import type { Cursor } from './cursor.ts';
import { invalid, unsupported } from './pattern-refusal.ts';

/** One character or character class, as it is written in a pattern. */
export interface Atom {
  readonly text: string;
  readonly set: CharSet;
  /** Decides which ranges may start or end with it. */
  readonly written: 'literal' | 'code' | 'escape' | 'class';
}

/** The classes that Python reads as Unicode and that are narrowed to ASCII. */
const CLASSES: Readonly<Record<string, { readonly text: string; readonly set: CharSet }>> = {
  d: { text: '0-9', set: [[48, 57]] },
  w: {
    text: 'A-Za-z0-9_',
    set: [
      [48, 57],
      [65, 90],
      [95, 95],
      [97, 122],
    ],
  },
  s: {
    text: ' \\t\\n\\r\\f\\v',
    set: [
      [9, 13],
      [32, 32],
    ],
  },
};

const CONTROLS: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, f: 12, v: 11 };
const SYNTAX = /^[\^$\\.*+?()[\]{}|/]$/u;
const OTHER_PUNCTUATION = /^[ !"#%&',:;<=>@_`~-]$/u;
const HEX_DIGITS = { x: /^[0-9A-Fa-f]{2}/u, u: /^[0-9A-Fa-f]{4}/u, U: /^[0-9A-Fa-f]{8}/u } as const;

/** Reads what follows a backslash, except the edge escapes. `inClass`: between brackets. Throws `PatternRefusal`. */
export function readEscape(cursor: Cursor, inClass: boolean): Atom {
  const char = cursor.next();
  if (char === undefined) return invalid('ends with a lone "\\"');
  const named = CLASSES[char];
  if (named !== undefined) return { text: inClass ? named.text : `[${named.text}]`, set: named.set, written: 'class' };
  const control = CONTROLS[char];
  if (control !== undefined) return single(`\\${char}`, control, 'escape');
  if (char === 'a') return single('\\x07', 7, 'escape');
  if (char === 'x' || char === 'u' || char === 'U') return readCode(cursor, char);
  if (SYNTAX.test(char) || (inClass && char === '-')) return single(`\\${char}`, char.codePointAt(0) ?? 0, 'literal');
  if (OTHER_PUNCTUATION.test(char)) return single(char, char.codePointAt(0) ?? 0, 'literal');
  return refuse(char);
}

/** One literal character. */
export function single(text: string, codePoint: number, written: Atom['written']): Atom {
  return { text, set: [[codePoint, codePoint]], written };
}

function readCode(cursor: Cursor, char: 'x' | 'u' | 'U'): Atom {
  const digits = cursor.takeMatch(HEX_DIGITS[char])?.[0];
  if (digits === undefined) return invalid(`has "\\${char}" without its hexadecimal digits`);
  const codePoint = Number.parseInt(digits, 16);
  if (codePoint > 0x10ffff) return invalid(`names the code point ${digits}, which does not exist`);
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return unsupported(`the surrogate \\${char}${digits}`);
  const text = char === 'U' ? `\\u{${codePoint.toString(16).toUpperCase()}}` : `\\${char}${digits}`;
  return single(text, codePoint, 'code');
}

function refuse(char: string): never {
  if (/^[DWS]$/u.test(char)) return unsupported(`\\${char}`, 'list the characters you want in a class, for example [^0-9]');
  if (/^[bB]$/u.test(char)) return unsupported(`\\${char}`, 'leave it out: a pattern always matches the whole value');
  if (/^[AZz]$/u.test(char))
    return unsupported(`\\${char} away from the edge of the pattern`, 'leave it out: a pattern always matches the whole value');
  if (char === '0') return unsupported('an octal escape', 'write \\xHH');
  if (/^[1-9]$/u.test(char)) return unsupported(`the backreference or octal escape \\${char}`);
  if (char === 'N') return unsupported('\\N{…}', 'write \\uHHHH');
  if (/^[A-Za-z]$/u.test(char)) return invalid(`has the unknown escape "\\${char}"`);
  return unsupported(`an escape before "${char}"`, 'leave the backslash out');
}
