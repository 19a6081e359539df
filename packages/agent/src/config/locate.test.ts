import fc from 'fast-check';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { locator } from './locate.ts';

type Path = readonly (string | number)[];
type Value =
  | { readonly kind: 'bare'; readonly text: string }
  | { readonly kind: 'string'; readonly form: 'basic' | 'literal' | 'block' | 'literal block'; readonly content: string }
  | { readonly kind: 'array'; readonly items: readonly Value[]; readonly isWide: boolean }
  | { readonly kind: 'inline'; readonly pairs: readonly Pair[] };
interface Pair {
  readonly keys: readonly Key[];
  readonly value: Value;
  readonly comment: boolean;
}
interface Key {
  readonly text: string;
  readonly style: 'plain' | 'basic' | 'literal';
}
interface Table {
  readonly keys: readonly Key[];
  readonly isArray: boolean;
  readonly pairs: readonly Pair[];
  readonly below: readonly Pair[];
}

/** Prints TOML and remembers where each key went. */
class Printer {
  text = '';
  line = 1;
  readonly places: { readonly path: Path; readonly line: number }[] = [];
  #serial = 0;

  write(text: string): void {
    this.text += text;
    this.line += text.split('\n').length - 1;
  }

  /** Numbered, so that no two keys of a file are the same. */
  key({ text, style }: Key): string {
    this.#serial += 1;
    const name = style === 'plain' ? `k${this.#serial}` : `${text}${this.#serial}`;
    this.write(style === 'plain' ? name : style === 'basic' ? JSON.stringify(name) : `'${name}'`);
    return name;
  }

  keys(keys: readonly Key[]): string[] {
    return keys.map((key, index) => {
      if (index > 0) this.write(' . ');
      return this.key(key);
    });
  }

  pair(parent: Path, { keys, value, comment }: Pair, isInline = false): void {
    const line = this.line;
    const path = [...parent, ...this.keys(keys)];
    this.places.push({ path, line });
    this.write(' = ');
    this.value(path, value);
    if (!isInline) this.write(comment ? ' # [no] = "table"\n# x = """\n' : '\n');
  }

  value(path: Path, value: Value): void {
    if (value.kind === 'bare') this.write(value.text);
    else if (value.kind === 'string') this.write(quoted(value.form, value.content));
    else if (value.kind === 'array') this.array(path, value.items, value.isWide);
    else {
      this.write('{ ');
      value.pairs.forEach((pair, index) => {
        if (index > 0) this.write(', ');
        this.pair(path, pair, true);
      });
      this.write(' }');
    }
  }

  array(path: Path, items: readonly Value[], isWide: boolean): void {
    this.write('[');
    items.forEach((item, index) => {
      if (isWide) this.write(' # ] , "\n  ');
      this.places.push({ path: [...path, index], line: this.line });
      this.value([...path, index], item);
      this.write(',');
    });
    this.write(isWide ? '\n]' : ']');
  }

  table({ keys, isArray, pairs, below }: Table): void {
    const line = this.line;
    this.write(isArray ? '[[ ' : '[');
    const start = this.text.length;
    const path: (string | number)[] = this.keys(keys);
    const header = this.text.slice(start);
    this.write(isArray ? ']]\n' : ']\n');
    if (isArray) path.push(0);
    this.places.push({ path, line });
    for (const pair of pairs) this.pair(path, pair);
    if (isArray) this.again(header, path, below);
  }

  /** A table below the first element, then a second element. */
  again(header: string, path: readonly (string | number)[], pairs: readonly Pair[]): void {
    this.places.push({ path: [...path, 'below'], line: this.line });
    this.write(`[${header}.below]\n`);
    for (const pair of pairs) this.pair([...path, 'below'], pair);
    const second = [...path.slice(0, -1), 1];
    this.places.push({ path: second, line: this.line });
    this.write(`[[${header}]]\n`);
    for (const pair of pairs) this.pair(second, pair);
  }
}

function quoted(form: 'basic' | 'literal' | 'block' | 'literal block', content: string): string {
  if (form === 'basic') return JSON.stringify(content);
  if (form === 'literal') return `'${content.replaceAll(/['\n]/gu, '')}'`;
  // Both end in a quote of their own, which TOML allows.
  if (form === 'block') return `"""\n${content.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}""""`;
  return `'''\n${content.replaceAll("'", '')}''''`;
}

const contents = fc
  .array(fc.constantFrom('a', '#', '[t]', 'x = 1', '\n', '"', "'", '\\', '{', '}', ',', ' ', 'é', '😀'), { maxLength: 6 })
  .map((parts) => parts.join(''));
const keys: fc.Arbitrary<Key> = fc.record({
  text: fc.constantFrom('a', 'a.b', ' ', '#', '=', ']', '"]'.slice(1), 'é', '[x]'),
  style: fc.constantFrom('plain', 'basic', 'literal'),
});
const { pair: pairs } = fc.letrec<{ value: Value; pair: Pair }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.record({
      kind: fc.constant('bare' as const),
      text: fc.constantFrom('1', '-2.5', 'true', '1979-05-27 07:32:00', '0x1f', 'inf', '[]', '{}'),
    }),
    fc.record({
      kind: fc.constant('string' as const),
      form: fc.constantFrom('basic' as const, 'literal' as const, 'block' as const, 'literal block' as const),
      content: contents,
    }),
    fc.record({ kind: fc.constant('array' as const), items: fc.array(tie('value'), { maxLength: 3 }), isWide: fc.boolean() }),
    fc.record({ kind: fc.constant('inline' as const), pairs: fc.array(tie('pair'), { maxLength: 3 }) }),
  ),
  pair: fc.record({ keys: fc.array(keys, { minLength: 1, maxLength: 3 }), value: tie('value'), comment: fc.boolean() }),
}));
const tables: fc.Arbitrary<Table> = fc.record({
  keys: fc.array(keys, { minLength: 1, maxLength: 3 }),
  isArray: fc.boolean(),
  pairs: fc.array(pairs, { maxLength: 3 }),
  below: fc.array(pairs, { maxLength: 2 }),
});

describe('locator', () => {
  it('finds each key of a printed file on the line where it was printed', () => {
    fc.assert(
      fc.property(fc.array(pairs, { maxLength: 3 }), fc.array(tables, { maxLength: 4 }), (top, below) => {
        const printer = new Printer();
        for (const pair of top) printer.pair([], pair);
        for (const table of below) printer.table(table);
        parse(printer.text); // the printer prints TOML
        const locate = locator(printer.text);
        for (const { path, line } of printer.places) expect([path, locate(path).line]).toEqual([path, line]);
      }),
      { numRuns: 300 },
    );
  });

  it('takes an index as a number or as its digits', () => {
    const locate = locator('[commands.x]\ncommand = [\n  "/bin/a",\n  3,\n]\n');
    expect(locate(['commands', 'x', 'command', 1]).line).toBe(4);
    expect(locate(['commands', 'x', 'command', '1']).line).toBe(4);
  });

  it('gives the nearest parent of a path that is not there, and the top for none', () => {
    const locate = locator('\n[agent]\nid = "x"\n');
    expect(locate(['agent', 'pulse_token'])).toEqual({ line: 2, column: 1 });
    expect(locate(['tls', 'ca_cert'])).toEqual({ line: 1, column: 1 });
  });

  it('a table has the place of its own header, before and without one that of what lies in it', () => {
    const locate = locator('[a.b]\n[a]\n[c.d.e]\nf.g = 1\nf.h = 2\n');
    expect([['a'], ['c'], ['c', 'd'], ['c', 'd', 'e', 'f']].map((path) => locate(path).line)).toEqual([2, 3, 3, 4]);
  });

  it('resolves escapes in keys', () => {
    expect(locator('a = 1\n"\\u00e9\\t\\"" = 2\n')(['é\t"']).line).toBe(2);
  });

  it('neither throws nor hangs on any text', () => {
    const noise = fc.array(
      fc.oneof(fc.constantFrom('[', ']', '{', '}', '"', "'", '"""', '=', '.', '#', '\n', ',', '\\', '\\u', 'a'), fc.string()),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(noise, (parts) => {
        const text = parts.join('');
        const { line } = locator(text)(['a']);
        expect(line).toBeLessThanOrEqual(text.split('\n').length);
      }),
      { numRuns: 1_000 },
    );
    for (const open of ['a=[', 'a={b=', '[', 'a.', '[a.', '"""', "a='''"]) locator(open.repeat(50_000))(['a']);
  });
});
