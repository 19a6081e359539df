import { contains } from './char-set.ts';
import type { CharSet } from './char-set.ts';
import { descendantsOf } from './pattern-node.ts';
import type { PatternNode } from './pattern-node.ts';

const MAX_WORDS = 12;
const MAX_LETTERS = 12;
const MAX_ENDINGS = 4;
const SHORT_LENGTHS = [8, 16, 21, 28, 40, 64] as const;

/** Texts made to keep a backtracking engine busy: what each repeat can take, over and over, and then something it cannot. */
export function* adversarialTexts(root: PatternNode, maxChars: number): Generator<string> {
  const alphabet = alphabetOf(root);
  const lengths = [...new Set([maxChars, ...SHORT_LENGTHS.filter((length) => length < maxChars)])];
  for (const [prefix, word] of wordsToRepeat(root, alphabet)) {
    for (const length of lengths) yield* filled(prefix, word, length, alphabet.endings);
  }
  for (const a of alphabet.letters) {
    for (const b of alphabet.letters) yield* filled('', a === b ? a : a + b, maxChars, alphabet.endings);
  }
}

function* filled(prefix: string, word: string, length: number, endings: readonly string[]): Generator<string> {
  if (word === '') return;
  const room = length - Array.from(prefix).length - 1;
  const text = prefix + word.repeat(Math.max(1, Math.floor(room / Array.from(word).length)));
  yield text;
  for (const ending of endings) yield text + ending;
}

interface Alphabet {
  /** One character for every way to be in some sets and not in others, those in most sets first. */
  readonly letters: readonly string[];
  /** What makes a text fail at its end: a character that no set holds, or else those that few hold. */
  readonly endings: readonly string[];
  readonly letterOf: (set: CharSet) => string;
}

function alphabetOf(root: PatternNode): Alphabet {
  const sets = [...descendantsOf(root)].flatMap((node) => (node.kind === 'set' ? [node.set] : []));
  const starts = new Set([0x21, ...sets.flat().flatMap(([first, last]) => [first, last + 1])]);
  const known = new Map<string, { readonly letter: number; readonly members: number }>();
  for (const letter of [...starts].filter(isScalar).toSorted((a, b) => a - b)) {
    const memberships = sets.map((set) => contains(set, letter));
    const key = memberships.map(Number).join('');
    if (!known.has(key)) known.set(key, { letter, members: memberships.filter(Boolean).length });
  }
  const ranked = [...known.values()].toSorted((a, b) => b.members - a.members);
  const spell = (entries: typeof ranked): string[] => entries.map(({ letter }) => String.fromCodePoint(letter));
  const missing = ranked.filter(({ members }) => members === 0);
  return {
    letters: spell(ranked.filter(({ members }) => members > 0).slice(0, MAX_LETTERS)),
    endings: spell(missing.length > 0 ? missing : ranked.slice(-MAX_ENDINGS)),
    letterOf: (set) => String.fromCodePoint(ranked.find(({ letter }) => contains(set, letter))?.letter ?? set[0]?.[0] ?? 0),
  };
}

function isScalar(codePoint: number): boolean {
  return codePoint <= 0x10ffff && (codePoint < 0xd800 || codePoint > 0xdfff);
}

/** Every repeated body's words, with a shortest way to get to it. */
function* wordsToRepeat(root: PatternNode, alphabet: Alphabet, prefix = ''): Generator<readonly [prefix: string, word: string]> {
  if (root.kind === 'repeat') {
    const words = root.max > 1 ? wordsOf(root.body, alphabet) : [];
    for (const word of words) yield [prefix, word];
    if (words.length > 1) yield [prefix, words.join('')];
    for (const [index, word] of words.entries()) if (index > 0) yield [prefix, (words[index - 1] ?? '') + word];
    yield* wordsToRepeat(root.body, alphabet, prefix);
  } else if (root.kind === 'choice') {
    for (const option of root.options) yield* wordsToRepeat(option, alphabet, prefix);
  } else if (root.kind === 'sequence') {
    let reached = prefix;
    for (const item of root.items) {
      yield* wordsToRepeat(item, alphabet, reached);
      reached += wordsOf(item, alphabet)[0] ?? '';
    }
  }
}

/** Some texts of a node, a short one first; each optional part and each alternative is taken at least once. */
function wordsOf(node: PatternNode, alphabet: Alphabet): readonly string[] {
  switch (node.kind) {
    case 'set':
      return [alphabet.letterOf(node.set)];
    case 'edge':
      return [''];
    case 'choice':
      return node.options.flatMap((option) => wordsOf(option, alphabet)).slice(0, MAX_WORDS);
    case 'repeat': {
      const words = wordsOf(node.body, alphabet).map((word) => word.repeat(Math.max(1, node.min)));
      const more =
        node.max > node.min && node.min > 0 ? words.map((word, index) => word + (wordsOf(node.body, alphabet)[index] ?? '')) : [];
      return [...new Set([...(node.min === 0 ? [''] : []), ...words, ...more])].slice(0, MAX_WORDS);
    }
    case 'sequence':
      return sequenceWords(node.items.map((item) => wordsOf(item, alphabet)));
  }
}

function sequenceWords(parts: readonly (readonly string[])[]): readonly string[] {
  const shortest = parts.map((words) => words[0] ?? '');
  const changed = parts.flatMap((words, index) => words.slice(1).map((word) => shortest.with(index, word).join('')));
  const longest = parts.map((words) => words.at(-1) ?? '').join('');
  return [...new Set([shortest.join(''), longest, ...changed])].slice(0, MAX_WORDS);
}
