import { Cursor } from './cursor.ts';
import type { PatternNode } from './pattern-node.ts';
import { invalid, unsupported } from './pattern-refusal.ts';
import { readClass } from './read-class.ts';
import { readEscape, single } from './read-escape.ts';
import type { Atom } from './read-escape.ts';
import { nextIsQuantifier, readQuantifier } from './read-quantifier.ts';

export interface ReadPattern {
  readonly node: PatternNode;
  /** The class escapes that were narrowed to ASCII, each once. */
  readonly narrowed: readonly string[];
  /** Some construct was read and printed again, even if it came out as it went in. */
  readonly translated: boolean;
}

/** Reads a Python pattern into nodes that carry their JavaScript source. Throws `PatternRefusal` (SEC-113). */
export function readPattern(text: string, options: { readonly allowWideRange: boolean }): ReadPattern {
  return new PatternReader(text, options.allowWideRange).read(text);
}

class PatternReader {
  readonly #cursor: Cursor;
  readonly #allowWideRange: boolean;
  readonly #narrowed = new Set<string>();
  readonly #groupNames = new Set<string>();
  #start = 0;
  #reprinted = false;
  #ascii = false;

  constructor(text: string, allowWideRange: boolean) {
    this.#cursor = new Cursor(text);
    this.#allowWideRange = allowWideRange;
  }

  read(text: string): ReadPattern {
    this.#ascii = this.#cursor.take('(?a)');
    this.#start = this.#cursor.at;
    const node = this.#choice();
    if (!this.#cursor.atEnd) return invalid('has a ")" without its "("');
    return { node, narrowed: this.#ascii ? [] : [...this.#narrowed], translated: this.#reprinted || node.text !== text };
  }

  #choice(): PatternNode {
    const options = [this.#sequence()];
    while (this.#cursor.take('|')) options.push(this.#sequence());
    const [only] = options;
    if (options.length === 1 && only !== undefined) return only;
    return { kind: 'choice', options, text: options.map((option) => option.text).join('|') };
  }

  #sequence(): PatternNode {
    const items: PatternNode[] = [];
    while (!this.#cursor.atEnd && this.#cursor.peek() !== '|' && this.#cursor.peek() !== ')') items.push(this.#repeated());
    return { kind: 'sequence', items, text: items.map((item) => item.text).join('') };
  }

  #repeated(): PatternNode {
    if (nextIsQuantifier(this.#cursor)) return invalid('has a repeat with nothing to repeat');
    const body = this.#item();
    const quantifier = readQuantifier(this.#cursor);
    if (quantifier === undefined) return body;
    if (body.kind === 'edge') return unsupported('a repeat of "^" or "$"');
    return { kind: 'repeat', body, min: quantifier.min, max: quantifier.max, text: body.text + quantifier.text };
  }

  #item(): PatternNode {
    const at = this.#cursor.at;
    const char = this.#cursor.next() ?? '';
    if (char === '(') return this.#group();
    if (char === '^') return this.#edge('^', at === this.#start);
    if (char === '$') return this.#edge('$', this.#cursor.atEnd);
    if (char === '\\') return this.#escape(at);
    return nodeOf(this.#character(char));
  }

  #character(char: string): Atom {
    if (char === '.')
      return {
        text: '[^\\n]',
        set: [
          [0, 9],
          [11, 0x10ffff],
        ],
        written: 'class',
      };
    if (char === '[')
      return readClass(this.#cursor, {
        allowWideRange: this.#allowWideRange,
        onNarrowed: (escape) => this.#narrowed.add(escape),
      });
    return single(/^[\]{}]$/u.test(char) ? `\\${char}` : char, char.codePointAt(0) ?? 0, 'literal');
  }

  #escape(at: number): PatternNode {
    const char = this.#cursor.peek() ?? '';
    if (char === 'A' && at === this.#start) return this.#removedEdge();
    if (char === 'Z' && this.#cursor.peek(1) === undefined) return this.#removedEdge();
    const atom = readEscape(this.#cursor, false);
    if (atom.written === 'class') this.#narrowed.add(`\\${char}`);
    if (atom.written === 'code') this.#reprinted = true;
    return nodeOf(atom);
  }

  #edge(text: '^' | '$', atEdge: boolean): PatternNode {
    if (!atEdge)
      return unsupported(`"${text}" away from the edge of the pattern`, 'leave it out: a pattern always matches the whole value');
    return { kind: 'edge', text };
  }

  #removedEdge(): PatternNode {
    this.#cursor.next();
    return { kind: 'edge', text: '' };
  }

  #group(): PatternNode {
    const open = this.#groupStart();
    const body = this.#choice();
    if (!this.#cursor.take(')')) return invalid('has a "(" without its ")"');
    return { ...body, text: `${open}${body.text})` };
  }

  #groupStart(): string {
    if (!this.#cursor.take('?')) return '(';
    if (this.#cursor.take(':')) return '(?:';
    if (this.#cursor.take('P<')) return `(?<${this.#groupName()}>`;
    if (this.#cursor.take('P=')) return unsupported('a backreference');
    if (this.#cursor.take('#')) return unsupported('a comment group', 'leave it out');
    if (this.#cursor.take('(')) return unsupported('a conditional');
    if (this.#cursor.take('>')) return unsupported('an atomic group', 'leave the ">" out');
    const look = this.#cursor.takeMatch(/^(?:[=!]|<[=!])/u);
    if (look !== undefined)
      return unsupported('lookahead and lookbehind', 'a leading "-" is refused without it; otherwise list what may stand there');
    if (this.#cursor.takeMatch(/^[aiLmsux-]+[:)]/u) !== undefined)
      return unsupported('an inline flag', 'spell both cases out in classes');
    return invalid('has an unknown group "(?…"');
  }

  #groupName(): string {
    const name = this.#cursor.takeMatch(/^([A-Za-z_][A-Za-z0-9_]*)>/u)?.[1];
    if (name === undefined) return invalid('has a group name that is no identifier');
    if (this.#groupNames.has(name)) return invalid(`names two groups "${name}"`);
    this.#groupNames.add(name);
    return name;
  }
}

function nodeOf(atom: Atom): PatternNode {
  return { kind: 'set', text: atom.text, set: atom.set };
}
