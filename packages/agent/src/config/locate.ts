/** Where a key stands in a TOML text; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A header or a `key = value` of its own, as an editor needs it; offsets count UTF-16 units from 0. */
export interface Statement {
  readonly kind: 'header' | 'pair';
  readonly path: readonly (string | number)[];
  readonly start: number;
  /** Where the value begins; for a header where it ends. */
  readonly valueStart: number;
  readonly end: number;
}

type Path = readonly (string | number)[];

/** Of values in one another and of keys in a row; far above what a file may have. */
const MAX_DEPTH = 64;

/**
 * Finds keys in TOML text that already parsed: smol-toml keeps no positions. Knows tables, arrays of tables, dotted and
 * quoted keys, inline tables, and skips strings and comments. A path that is not there gives the nearest parent that is.
 */
export function locator(text: string): (path: Path) => Position {
  const written = new Map<string, Position>();
  const implied = new Map<string, Position>();
  new Scanner(text, (path, position, isWhole) => {
    const places = isWhole ? written : implied;
    const key = nameOf(path);
    if (!places.has(key)) places.set(key, position);
  }).scan();
  return (path) => {
    for (let length = path.length; length > 0; length -= 1) {
      const key = nameOf(path.slice(0, length));
      const position = written.get(key) ?? implied.get(key);
      if (position !== undefined) return position;
    }
    return { line: 1, column: 1 };
  };
}

/** Every header and every pair that is not within a value, in the order of the text, which already parsed. */
export function statements(text: string): readonly Statement[] {
  const found: Statement[] = [];
  new Scanner(
    text,
    () => undefined,
    (statement) => found.push(statement),
  ).scan();
  return found;
}

/** An index may be given as a number or as its digits: TypeBox's paths have only text. */
function nameOf(path: Path): string {
  return JSON.stringify(path.map(String));
}

class Scanner {
  readonly #text: string;
  /** `isWhole`: the path is written there; else it only comes to be, as `a` does by `[a.b]`. */
  readonly #emit: (path: Path, position: Position, isWhole: boolean) => void;
  readonly #state: (statement: Statement) => void;
  readonly #arrayCounts = new Map<string, number>();
  #depth = 0;
  #at = 0;
  #line = 1;
  #lineStart = 0;

  constructor(
    text: string,
    emit: (path: Path, position: Position, isWhole: boolean) => void,
    state: (statement: Statement) => void = () => undefined,
  ) {
    this.#text = text;
    this.#emit = emit;
    this.#state = state;
  }

  scan(): void {
    let table: Path = [];
    for (;;) {
      this.#skip(/\s/u);
      if (this.#at >= this.#text.length) return;
      if (this.#peek() === '#') this.#toLineEnd();
      else if (this.#peek() === '[') table = this.#header();
      else this.#pair(table);
    }
  }

  #header(): Path {
    const start = this.#at;
    const position = this.#position();
    const isArray = this.#text.startsWith('[[', this.#at);
    this.#move(isArray ? 2 : 1);
    const keys = this.#keys(']');
    this.#move(isArray ? 2 : 1);
    const parent = this.#throughArrays(keys.slice(0, -1));
    const path: (string | number)[] = [...parent, ...keys.slice(-1)];
    if (isArray) {
      const name = nameOf(path);
      const index = this.#arrayCounts.get(name) ?? 0;
      this.#arrayCounts.set(name, index + 1);
      this.#emit(path, position, true);
      path.push(index);
    } else if (this.#arrayCounts.has(nameOf(path))) {
      path.push((this.#arrayCounts.get(nameOf(path)) ?? 1) - 1);
    }
    for (let length = 1; length < path.length; length += 1) this.#emit(path.slice(0, length), position, false);
    this.#emit(path, position, true);
    this.#state({ kind: 'header', path, start, valueStart: this.#at, end: this.#at });
    return path;
  }

  /** `[a.b]` below `[[a]]` belongs to the last element of `a`. */
  #throughArrays(keys: readonly string[]): (string | number)[] {
    const path: (string | number)[] = [];
    for (const key of keys) {
      path.push(key);
      const count = this.#arrayCounts.get(nameOf(path));
      if (count !== undefined) path.push(count - 1);
    }
    return path;
  }

  #pair(table: Path): void {
    const start = this.#at;
    const position = this.#position();
    const path = [...table, ...this.#keys('=')];
    for (let length = table.length + 1; length < path.length; length += 1) this.#emit(path.slice(0, length), position, false);
    this.#emit(path, position, true);
    this.#move(1);
    this.#skip(/[ \t]/u);
    const valueStart = this.#at;
    this.#value(path);
    const end = valueStart + this.#text.slice(valueStart, this.#at).trimEnd().length;
    if (this.#depth === 0) this.#state({ kind: 'pair', path, start, valueStart, end });
  }

  #keys(end: string): string[] {
    const keys: string[] = [];
    const add = (key: string): void => {
      if (keys.length < MAX_DEPTH) keys.push(key);
    };
    for (;;) {
      this.#skip(/[ \t\r\n]/u);
      const quote = this.#peek();
      if (this.#at >= this.#text.length || quote === end) return keys;
      if (quote === '.') this.#move(1);
      else if (quote === '"' || quote === "'") add(this.#string(quote));
      else {
        const start = this.#at;
        this.#skip(/[A-Za-z0-9_-]/u);
        if (this.#at === start) this.#move(1);
        else add(this.#text.slice(start, this.#at));
      }
    }
  }

  #value(path: Path): void {
    this.#skip(/[ \t]/u);
    const first = this.#peek();
    if (first === '"' || first === "'") this.#string(first);
    else if (first === '[') this.#within(() => this.#array(path));
    else if (first === '{') this.#within(() => this.#inlineTable(path));
    else this.#skip(/[^,\]}#\n]/u);
  }

  /** What nests deeper is refused for that; nothing below it needs a place. */
  #within(scan: () => void): void {
    if (this.#depth >= MAX_DEPTH) this.#move(this.#text.length);
    this.#depth += 1;
    scan();
    this.#depth -= 1;
  }

  #array(path: Path): void {
    this.#move(1);
    for (let index = 0; ; index += 1) {
      this.#skipFiller();
      if (this.#at >= this.#text.length || this.#peek() === ']') break;
      this.#emit([...path, index], this.#position(), true);
      const start = this.#at;
      this.#value([...path, index]);
      this.#skipFiller();
      if (this.#peek() === ',' || this.#at === start) this.#move(1);
    }
    this.#move(1);
  }

  #inlineTable(path: Path): void {
    this.#move(1);
    for (;;) {
      this.#skipFiller();
      if (this.#at >= this.#text.length || this.#peek() === '}') break;
      this.#pair(path);
      this.#skipFiller();
      if (this.#peek() === ',') this.#move(1);
    }
    this.#move(1);
  }

  /** Any of the four string forms; returns the content with simple escapes resolved, enough to compare keys. */
  #string(quote: string): string {
    const fence = this.#text.startsWith(quote.repeat(3), this.#at) ? quote.repeat(3) : quote;
    this.#move(fence.length);
    let content = '';
    while (this.#at < this.#text.length && !this.#text.startsWith(fence, this.#at)) {
      if (quote === '"' && this.#peek() === '\\') {
        content += this.#escape();
        continue;
      }
      content += this.#peek();
      this.#move(1);
    }
    // A multi-line string may end in one or two quotes of its own.
    while (fence.length === 3 && this.#text[this.#at + 3] === quote) this.#move(1);
    this.#move(fence.length);
    return content;
  }

  #escape(): string {
    const unicode = /^\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2}))/u.exec(
      this.#text.slice(this.#at, this.#at + 10),
    );
    const raw = unicode?.[0] ?? this.#text.slice(this.#at, this.#at + 2);
    this.#move(raw.length);
    if (unicode === null) return ESCAPES[raw[1] ?? ''] ?? raw[1] ?? '';
    const code = Number.parseInt(unicode[1] ?? unicode[2] ?? unicode[3] ?? '0', 16);
    return code > 0x10_ff_ff ? '\uFFFD' : String.fromCodePoint(code);
  }

  #skipFiller(): void {
    for (;;) {
      this.#skip(/\s/u);
      if (this.#peek() !== '#') return;
      this.#toLineEnd();
    }
  }

  #toLineEnd(): void {
    this.#skip(/[^\n]/u);
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #skip(pattern: RegExp): void {
    while (this.#at < this.#text.length && pattern.test(this.#peek())) this.#move(1);
  }

  #move(count: number): void {
    for (let i = 0; i < count && this.#at < this.#text.length; i += 1) {
      if (this.#text[this.#at] === '\n') {
        this.#line += 1;
        this.#lineStart = this.#at + 1;
      }
      this.#at += 1;
    }
  }

  #position(): Position {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  e: '\u001B',
  '"': '"',
  '\\': '\\',
};
