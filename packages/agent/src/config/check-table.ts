import type { ConfigProblem } from '@stormpulse/plugin-api';
import { nearest } from './nearest.ts';

/** What one key may hold. `check` answers what was expected when the value is of the right type and still wrong. */
export interface KeySpec {
  /** A `string` is not empty, a `text` may be; a `path` is absolute. */
  readonly type: 'string' | 'text' | 'number' | 'boolean' | 'strings' | 'path' | 'table';
  readonly required?: true;
  /** Never repeated in a message. */
  readonly secret?: true;
  readonly fallback?: string | number | boolean | readonly string[] | Readonly<Record<string, number>>;
  readonly check?: (value: never) => string | undefined;
}

export interface TableSpec {
  /** Ours alone: an unknown key is an error; in v1's a warning unless it looks like a typo (D1). */
  readonly ours?: true;
  readonly keys: Readonly<Record<string, KeySpec>>;
}

export type Table = Readonly<Record<string, unknown>>;
export type Path = readonly (string | number)[];

export interface CheckedTable {
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
  /** What is right of it, with the defaults. */
  readonly values: Table;
}

/** Checks one table: types strictly, ranges, missing, unknown and misspelt keys. All problems at once. */
export function checkTable(path: Path, spec: TableSpec, table: Table): CheckedTable {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const values = defaults(spec);
  for (const [key, keySpec] of Object.entries(spec.keys)) {
    const value = Object.hasOwn(table, key) ? table[key] : undefined;
    if (value === undefined) {
      if (keySpec.required === true) problems.push(missingKey(path, key, keySpec));
      continue;
    }
    const expected = wrongType(keySpec, value) ?? keySpec.check?.(value as never);
    if (expected === undefined) values[key] = value;
    else {
      const found = keySpec.secret === true ? 'something else' : describe(value);
      problems.push({ path: [...path, key], problem: `is ${found}`, expected });
    }
  }
  const known = Object.keys(spec.keys);
  for (const key of Object.keys(table).filter((candidate) => !known.includes(candidate))) {
    const meant = nearest(key, known);
    const problem: ConfigProblem = {
      path: [...path, key],
      problem: 'is not a key this agent knows',
      expected: `one of ${known.join(', ')}`,
      ...(meant === undefined ? {} : { fix: `did you mean "${meant}"?` }),
    };
    (meant !== undefined || spec.ours === true ? problems : warnings).push(problem);
  }
  return { problems, warnings, values };
}

export function defaults(spec: TableSpec): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(spec.keys).flatMap(([key, { fallback }]) => (fallback === undefined ? [] : [[key, fallback]])),
  );
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** How a refused value is told. */
export function describe(value: unknown): string {
  if (isTable(value)) return 'a table';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function missingKey(path: Path, key: string, { type }: KeySpec): ConfigProblem {
  return {
    path: [...path, key],
    problem: 'is missing',
    expected: TYPES[type],
    fix: typeof path.at(-1) === 'number' ? `write ${key} into this entry` : `write ${key} under [${path.join('.')}]`,
  };
}

const TYPES: Readonly<Record<KeySpec['type'], string>> = {
  string: 'a string',
  text: 'a string',
  path: 'an absolute path',
  number: 'a number',
  boolean: 'true or false',
  strings: 'a list of strings',
  table: 'a table',
};

function wrongType(spec: KeySpec, value: unknown): string | undefined {
  const right = {
    string: typeof value === 'string' && value !== '',
    text: typeof value === 'string',
    path: typeof value === 'string' && value.startsWith('/') && !value.includes('\0'),
    number: typeof value === 'number',
    boolean: typeof value === 'boolean',
    strings: Array.isArray(value) && value.every((item) => typeof item === 'string'),
    table: isTable(value),
  }[spec.type];
  return right ? undefined : TYPES[spec.type];
}
