import type { Cursor } from './cursor.ts';
import { invalid, PatternRefusal, unsupported } from './pattern-refusal.ts';

export interface Quantifier {
  readonly min: number;
  /** `Infinity` when unbounded. */
  readonly max: number;
  readonly text: string;
}

/** Repeat bounds, and products of nested ones, end here. */
export const MAX_REPEATS = 1_000;

/** `{}` is text in Python, and so is every brace that holds no bounds. */
const BRACES = /^\{(?:(\d+)(?:(,)(\d*))?|,(\d*))\}/u;

/** True when a repeat stands where an atom should. */
export function nextIsQuantifier(cursor: Cursor): boolean {
  const char = cursor.peek();
  if (char !== '{') return char === '*' || char === '+' || char === '?';
  let text = char;
  for (let ahead = 1; /^[0-9,]$/u.test(cursor.peek(ahead) ?? ''); ahead += 1) text += cursor.peek(ahead);
  return BRACES.test(text + (cursor.peek(text.length) ?? ''));
}

/** Reads the repeat that follows an atom, if one does. Throws `PatternRefusal`. */
export function readQuantifier(cursor: Cursor): Quantifier | undefined {
  if (!nextIsQuantifier(cursor)) return undefined;
  const bounds = readBounds(cursor);
  const lazy = cursor.take('?') ? '?' : '';
  if (lazy === '' && cursor.peek() === '+') return unsupported('a possessive repeat', 'leave the last "+" out');
  if (nextIsQuantifier(cursor)) return invalid('repeats a repeat');
  return { ...bounds, text: bounds.text + lazy };
}

function readBounds(cursor: Cursor): Quantifier {
  if (cursor.take('*')) return { min: 0, max: Infinity, text: '*' };
  if (cursor.take('+')) return { min: 1, max: Infinity, text: '+' };
  if (cursor.take('?')) return { min: 0, max: 1, text: '?' };
  const [text = '', low, comma, high, highOnly] = cursor.takeMatch(BRACES) ?? [];
  if (highOnly === '') return unsupported('the repeat {,}', 'write *');
  const min = Number(low ?? 0);
  const max = highOnly === undefined ? upperBound(min, comma, high) : Number(highOnly);
  if (min > max) return invalid(`has the repeat ${text}, whose bounds are in reverse order`);
  if (min > MAX_REPEATS || (max > MAX_REPEATS && max !== Infinity)) throw tooManyRepeats(text);
  return { min, max, text: highOnly === undefined ? text : `{0,${highOnly}}` };
}

function upperBound(min: number, comma: string | undefined, high: string | undefined): number {
  if (comma === undefined) return min;
  return high === undefined || high === '' ? Infinity : Number(high);
}

/** The refusal of a bound, or a product of nested bounds, over the limit. */
export function tooManyRepeats(text: string): PatternRefusal {
  return new PatternRefusal(
    'too_many_repeats',
    `repeats more than ${MAX_REPEATS} times in ${text}`,
    'lower the bounds; max_chars limits the length of a value',
  );
}
