import { Cursor } from './cursor.ts';
import { invalid, unsupported } from './pattern-refusal.ts';
import { nextIsQuantifier } from './read-quantifier.ts';

const SPACE = ' \\t\\n\\r\\f\\v\\x1c-\\x1f\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const WORD = '\\p{L}\\p{N}_';

/** Python's classes for text, in the words of a Unicode-aware expression. */
const OUTSIDE: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  s: `[${SPACE}]`,
  S: `[^${SPACE}]`,
  b: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  B: `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
  A: '(?<![^])',
  Z: '(?![^])',
  a: '\\x07',
};
const INSIDE: Readonly<Record<string, string>> = { d: '\\p{Nd}', D: '\\P{Nd}', w: WORD, s: SPACE, a: '\\x07', b: '\\x08' };

/**
 * Python's meaning in JavaScript source, for conformance only: no limits, no safety. What JavaScript cannot say
 * (flags, conditionals, possessive repeats, `\W` in a class) is refused. Throws `PatternRefusal`.
 */
export function translateForReference(python: string): string {
  const cursor = new Cursor(python);
  let text = '';
  while (!cursor.atEnd) text += token(cursor);
  return text;
}

function token(cursor: Cursor): string {
  if (cursor.peek() === '{') return braces(cursor);
  const char = cursor.next() ?? '';
  if (char === '.') return '[^\\n]';
  if (char === '$') return '(?=\\n?(?![^]))';
  if (char === '\\') return escape(cursor, OUTSIDE);
  if (char === '[') return characterClass(cursor);
  if (char === '(') return group(cursor);
  if (/^[*+?]$/u.test(char) && cursor.peek() === '+') return unsupported('a possessive repeat');
  return char === ']' || char === '}' ? `\\${char}` : char;
}

function braces(cursor: Cursor): string {
  if (!nextIsQuantifier(cursor)) {
    cursor.next();
    return '\\{';
  }
  const text = cursor.takeMatch(/^\{[0-9,]*\}/u)?.[0] ?? '';
  if (cursor.peek() === '+') return unsupported('a possessive repeat');
  return text.replace('{,', '{0,');
}

function group(cursor: Cursor): string {
  if (cursor.take('?P<')) return '(?<';
  if (cursor.take('?P=')) return `\\k<${cursor.takeMatch(/^([^)]*)\)/u)?.[1] ?? ''}>`;
  const plain = cursor.takeMatch(/^\?(?:[:=!]|<[=!])/u)?.[0];
  if (plain !== undefined) return `(${plain}`;
  return cursor.peek() === '?' ? unsupported(`the group "(?${cursor.peek(1) ?? ''}"`) : '(';
}

function characterClass(cursor: Cursor): string {
  let text = cursor.take('^') ? '[^' : '[';
  for (let first = true; first || cursor.peek() !== ']'; first = false) {
    const char = cursor.next();
    if (char === undefined) return invalid('has a "[" without its "]"');
    text += char === '\\' ? escape(cursor, INSIDE) : char === ']' ? '\\]' : char;
  }
  cursor.next();
  return `${text}]`;
}

function escape(cursor: Cursor, classes: Readonly<Record<string, string>>): string {
  const code = cursor.takeMatch(/^U([0-9A-Fa-f]{8})/u)?.[1];
  if (code !== undefined) return `\\u{${code.replace(/^0+(?=.)/u, '')}}`;
  const octal = cursor.takeMatch(/^(?:0[0-7]{0,2}|[1-3][0-7]{2})/u)?.[0];
  if (octal !== undefined) return `\\x${Number.parseInt(octal, 8).toString(16).padStart(2, '0')}`;
  const char = cursor.next();
  if (char === undefined) return invalid('ends with a lone "\\"');
  const known = classes[char];
  if (known !== undefined) return known;
  if (/^[nrtfvxu1-9^$\\.*+?()[\]{}|/]$/u.test(char) || (char === '-' && classes === INSIDE)) return `\\${char}`;
  if (/^[A-Za-z]$/u.test(char))
    return char === 'W' || char === 'S' ? unsupported(`\\${char} in a class`) : invalid(`has the unknown escape "\\${char}"`);
  return char;
}
