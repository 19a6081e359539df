import { isDeepStrictEqual } from 'node:util';
import { parse } from 'smol-toml';
import { isTable } from './check-table.ts';
import { statements } from './locate.ts';
import type { Statement } from './locate.ts';

export type TomlValue = string | number | boolean | readonly TomlValue[] | { readonly [key: string]: TomlValue };
type Path = readonly string[];

/** A file whose form this editor does not follow: it is left as it is. */
export class NotEditable extends Error {}

/**
 * Sets keys of one table, `undefined` takes one away; a table that is not there is written at the end, below `comment`. Everything
 * else stays as it is, comments and order too. Throws {@link NotEditable} when the result would not read as that and nothing else.
 */
export function setKeys(
  text: string,
  table: Path,
  keys: Readonly<Record<string, TomlValue | undefined>>,
  comment: readonly string[] = [],
): string {
  let edited = text;
  for (const [key, value] of Object.entries(keys)) {
    edited = value === undefined ? withoutKey(edited, [...table, key]) : withKey(edited, table, key, value, comment);
  }
  return verified(text, edited, (file) => {
    for (const [key, value] of Object.entries(keys)) {
      if (value !== undefined) descend(file, table)[key] = value;
      else if (table.reduce<unknown>((at, part) => (isTable(at) ? at[part] : undefined), file) !== undefined)
        delete descend(file, table)[key];
    }
  });
}

/**
 * Changes texts wherever they are values, in lists and tables of every kind; keys, comments and order stay. Throws {@link NotEditable} as
 * {@link setKeys} does.
 */
export function mapTexts(text: string, change: (value: string) => string): string {
  const file: unknown = parse(text);
  const pairs = statements(text).filter(({ kind }) => kind === 'pair');
  const edited = pairs.toReversed().reduce((so, { path, valueStart, end }) => {
    const value = path.reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>>)[key], file);
    const changed = mapped(value, change);
    const isSameValue = isDeepStrictEqual(plain(value), plain(changed));
    return isSameValue ? so : so.slice(0, valueStart) + render(changed as TomlValue) + so.slice(end);
  }, text);
  return verified(text, edited, (whole) => void Object.assign(whole, mapped(whole, change)));
}

function mapped(value: unknown, change: (value: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((item) => mapped(item, change));
  if (!isTable(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, mapped(inner, change)]));
}

/** Takes a table out, with those below it and the comment directly above it. Throws {@link NotEditable}. */
export function removeTable(text: string, table: Path): string {
  const found = statements(text);
  const above = (at: number): number => commentStart(text, lineStart(text, at));
  const ranges = found.flatMap(({ kind, path, start }, at) => {
    if (kind !== 'header' || !isBelow(path, table)) return [];
    const next = found.slice(at + 1).find((statement) => statement.kind === 'header');
    return [{ from: above(start), to: next === undefined ? text.length : above(next.start) }];
  });
  const edited = ranges.toReversed().reduce((left, { from, to }) => left.slice(0, from) + left.slice(to), text);
  return verified(text, edited.replace(/\n{2,}$/u, '\n'), (file) => {
    const parent = descend(file, table.slice(0, -1));
    delete parent[table.at(-1) ?? ''];
    if (table.length === 2 && Object.keys(parent).length === 0 && !found.some(({ path }) => isSame(path, table.slice(0, 1))))
      delete file[table[0] ?? ''];
  });
}

function withKey(text: string, table: Path, key: string, value: TomlValue, comment: readonly string[]): string {
  const found = statements(text);
  const written = found.find(({ kind, path }) => kind === 'pair' && isSame(path, [...table, key]));
  if (written !== undefined) return text.slice(0, written.valueStart) + render(value) + text.slice(written.end);
  const line = `${renderKey(key)} = ${render(value)}`;
  const end = endOfTable(found, table);
  if (end !== undefined) return insertLine(text, end, line);
  const header = `[${table.map(renderKey).join('.')}]\n${line}`;
  const afterParent = endOfTable(found, table.slice(0, -1));
  if (afterParent !== undefined && table.length > 2) return insertLine(text, afterParent, `\n${header}`);
  const lead = text === '' || text.endsWith('\n') ? '' : '\n';
  return `${text}${lead}\n${comment.map((words) => `# ${words}\n`).join('')}${header}\n`;
}

function withoutKey(text: string, path: Path): string {
  const written = statements(text).find((statement) => statement.kind === 'pair' && isSame(statement.path, path));
  if (written === undefined) return text;
  const to = text.indexOf('\n', written.end);
  return text.slice(0, lineStart(text, written.start)) + (to < 0 ? '' : text.slice(to + 1));
}

/** Where the last key of a table ends, or its header; undefined when it has no header. */
function endOfTable(found: readonly Statement[], table: Path): number | undefined {
  const header = found.findIndex(({ kind, path }) => kind === 'header' && isSame(path, table));
  if (header < 0) return undefined;
  let last = found[header];
  for (const statement of found.slice(header + 1)) {
    if (statement.kind === 'header') break;
    last = statement;
  }
  return last?.end;
}

function insertLine(text: string, after: number, line: string): string {
  const end = text.indexOf('\n', after);
  return end < 0 ? `${text}\n${line}\n` : `${text.slice(0, end + 1)}${line}\n${text.slice(end + 1)}`;
}

function verified(before: string, after: string, change: (file: Record<string, unknown>) => void): string {
  const expected = parse(before) as Record<string, unknown>;
  change(expected);
  let found: unknown;
  try {
    found = parse(after);
  } catch (cause) {
    throw new NotEditable('the edited file would be no TOML', { cause });
  }
  if (!isDeepStrictEqual(plain(found), plain(expected))) throw new NotEditable('the edited file would say something else');
  return after;
}

/** Without prototypes, which the parser's tables do not share. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isTable(value)) return value instanceof Date ? String(value) : value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plain(child)]));
}

function descend(file: Record<string, unknown>, table: Path): Record<string, unknown> {
  let at = file;
  for (const key of table) {
    const below: unknown = (at[key] ??= {});
    if (!isTable(below)) throw new NotEditable(`${key} is no table`);
    at = below;
  }
  return at;
}

function isSame(a: readonly (string | number)[], b: readonly string[]): boolean {
  return a.length === b.length && isBelow(a, b);
}

function isBelow(path: readonly (string | number)[], table: Path): boolean {
  return table.every((key, at) => path[at] === key);
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Where the comment lines directly above a line begin; `at` when there are none. */
function commentStart(text: string, at: number): number {
  let start = at;
  for (let above = start; above > 0;) {
    above = lineStart(text, start - 1);
    if (!/^[ \t]*#/u.test(text.slice(above, start))) return start;
    start = above;
  }
  return start;
}

function render(value: TomlValue): string {
  if (typeof value === 'string') return renderText(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(render).join(', ')}]`;
  const pairs = Object.entries(value).map(([key, inner]) => `${renderKey(key)} = ${render(inner)}`);
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}

function isList(value: readonly TomlValue[] | { readonly [key: string]: TomlValue }): value is readonly TomlValue[] {
  return Array.isArray(value);
}

/** JSON's escapes are TOML's, but for DEL, which JSON leaves as it is. */
function renderText(text: string): string {
  return JSON.stringify(text).replaceAll('\u007F', '\\u007F');
}

function renderKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/u.test(key) ? key : renderText(key);
}
