/** A stretch of text from an agent: as it was sent, or an escape standing for characters that would act or mislead. */
export interface Piece {
  readonly text: string;
  readonly escaped: boolean;
}

export interface HostileOptions {
  /** Longest run of characters kept; the rest is left out and counted. */
  readonly maxChars: number;
  /** Keep line breaks and tabs, for output areas. */
  readonly lines?: boolean;
  /** Keep the end too: half the room for the first characters, half for the last. */
  readonly tail?: boolean;
}

export interface HostileText {
  readonly pieces: readonly Piece[];
  /** Pieces of the end, when `tail` was asked and something was left out between. */
  readonly tail: readonly Piece[];
  readonly omittedChars: number;
}

// Controls, invisible and direction-changing characters, separators, odd spaces, lone surrogates.
const MISLEADING = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\u00a0\u115f\u1160\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\uffa0]/u;
const MARK = /\p{M}/u;
const MAX_MARKS = 4;

/**
 * Makes text that a host, or someone who writes to its logs, chose safe to look at (SEC-322): length-capped, with control,
 * invisible and bidirectional characters shown as escapes. The result is meant for text nodes only.
 */
export function hostileText(input: string, options: HostileOptions): HostileText {
  const { maxChars } = options;
  if (input.length <= maxChars) return { pieces: piecesOf(input, options), tail: [], omittedChars: 0 };
  const headEnd = whole(input, options.tail === true ? Math.ceil(maxChars / 2) : maxChars);
  const tailStart = options.tail === true ? whole(input, input.length - Math.floor(maxChars / 2)) : input.length;
  return {
    pieces: piecesOf(input.slice(0, headEnd), options),
    tail: piecesOf(input.slice(tailStart), options),
    omittedChars: tailStart - headEnd,
  };
}

/** The same as one line of plain text, for labels that assistive technology reads. */
export function visibleText(input: string, maxChars: number): string {
  const { pieces, omittedChars } = hostileText(input, { maxChars });
  const text = pieces.map((piece) => piece.text).join('');
  return omittedChars > 0 ? `${text}…` : text;
}

function piecesOf(input: string, { lines = false }: HostileOptions): Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  let escaped = false;
  let marks = 0;
  const add = (part: string, isEscape: boolean) => {
    if (isEscape !== escaped && text !== '') {
      pieces.push({ text, escaped });
      text = '';
    }
    escaped = isEscape;
    text += part;
  };
  for (const char of lines ? input.replaceAll('\r\n', '\n') : input) {
    marks = MARK.test(char) ? marks + 1 : 0;
    const kept = lines && (char === '\n' || char === '\t');
    if (!kept && (MISLEADING.test(char) || marks > MAX_MARKS)) add(escapeOf(char), true);
    else add(char, false);
  }
  if (text !== '') pieces.push({ text, escaped });
  return pieces;
}

function escapeOf(char: string): string {
  switch (char) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    default: {
      const code = char.codePointAt(0) ?? 0;
      if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
      if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
      return `\\u{${code.toString(16)}}`;
    }
  }
}

/** Moves a cut off the middle of a surrogate pair. */
function whole(input: string, at: number): number {
  const before = input.charCodeAt(at - 1);
  const after = input.charCodeAt(at);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff ? at - 1 : at;
}
