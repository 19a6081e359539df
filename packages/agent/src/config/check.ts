import type { ConfigProblem } from '@stormpulse/plugin-api';
import { nearest } from './nearest.ts';
import { OTHER_TABLES, SECTIONS, UNREAD_TABLES } from './sections.ts';
import type { KeySpec, SectionSpec } from './sections.ts';

type Table = Readonly<Record<string, unknown>>;

/** Everything wrong with a parsed file, and what is only odd. */
export interface CheckedConfig {
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
  /** The sections with their defaults; meaningful only without problems. */
  readonly values: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Checks the core sections: types strictly, ranges, unknown and misspelt keys (wire page, 11.1; D1). All problems at once. */
export function checkConfig(file: Table): CheckedConfig {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const values: Record<string, Record<string, unknown>> = {};
  for (const [name, spec] of Object.entries(SECTIONS)) {
    const table = file[name];
    if (table === undefined) {
      if (spec.required) problems.push(missingSection(name, file));
      else if (spec.ours === true) values[name] = defaults(spec);
    } else if (!isTable(table))
      problems.push({ path: [name], problem: `is ${describe(table)}`, expected: `a table, written [${name}]` });
    else values[name] = checkSection(name, spec, table, problems, warnings);
  }
  checkTopLevel(file, problems, warnings);
  checkAcross(values, problems);
  return { problems, warnings, values };
}

function checkSection(
  name: string,
  spec: SectionSpec,
  table: Table,
  problems: ConfigProblem[],
  warnings: ConfigProblem[],
): Record<string, unknown> {
  const values = defaults(spec);
  for (const [key, keySpec] of Object.entries(spec.keys)) {
    const value = table[key];
    const path = [name, key];
    if (value === undefined) {
      if (keySpec.required === true)
        problems.push({ path, problem: 'is missing', expected: TYPES[keySpec.type], fix: `write ${key} under [${name}]` });
    } else {
      const expected = wrongType(keySpec, value) ?? keySpec.check?.(value as never);
      if (expected === undefined) values[key] = value;
      else problems.push({ path, problem: `is ${keySpec.secret === true ? 'something else' : describe(value)}`, expected });
    }
  }
  const known = Object.keys(spec.keys);
  for (const key of Object.keys(table).filter((candidate) => !known.includes(candidate))) {
    const meant = nearest(key, known);
    const problem: ConfigProblem = {
      path: [name, key],
      problem: 'is not a key this agent knows',
      expected: `one of ${known.join(', ')}`,
      ...(meant === undefined ? {} : { fix: `did you mean "${meant}"?` }),
    };
    (meant !== undefined || spec.ours === true ? problems : warnings).push(problem);
  }
  return values;
}

function checkTopLevel(file: Table, problems: ConfigProblem[], warnings: ConfigProblem[]): void {
  const known = [...Object.keys(SECTIONS), ...OTHER_TABLES];
  for (const name of Object.keys(file).filter((candidate) => !known.includes(candidate))) {
    const meant = nearest(name, known);
    const problem = {
      path: [name],
      problem: 'is a table nobody claims',
      expected: 'a section of this agent or of one of its plugins',
    };
    if (meant === undefined) warnings.push(problem);
    else problems.push({ ...problem, fix: `did you mean [${meant}]?` });
  }
  for (const name of UNREAD_TABLES.filter((candidate) => file[candidate] !== undefined)) {
    warnings.push({
      path: [name],
      problem: 'is read by no plugin of this version',
      expected: 'an agent that has the plugin, or no such table',
    });
  }
}

function checkAcross(values: Readonly<Record<string, Readonly<Record<string, unknown>>>>, problems: ConfigProblem[]): void {
  const { reconnect_min_seconds: min, reconnect_max_seconds: max } = values['dashboard'] ?? {};
  if (typeof min === 'number' && typeof max === 'number' && min > max) {
    problems.push({
      path: ['dashboard', 'reconnect_min_seconds'],
      problem: `is ${min}, more than reconnect_max_seconds`,
      expected: `at most ${max}`,
    });
  }
}

function missingSection(name: string, file: Table): ConfigProblem {
  const candidates = Object.keys(file).filter((key) => SECTIONS[key] === undefined && !OTHER_TABLES.includes(key));
  const meant = nearest(name, candidates);
  return {
    path: [name],
    problem: 'is missing',
    expected: `a table [${name}]`,
    ...(meant === undefined ? {} : { fix: `is [${meant}] a typo?` }),
  };
}

const TYPES: Readonly<Record<KeySpec['type'], string>> = {
  string: 'a string',
  path: 'an absolute path',
  number: 'a number',
  boolean: 'true or false',
  strings: 'a list of strings',
};

function wrongType(spec: KeySpec, value: unknown): string | undefined {
  const right = {
    string: typeof value === 'string' && value !== '',
    path: typeof value === 'string' && value.startsWith('/') && !value.includes('\0'),
    number: typeof value === 'number',
    boolean: typeof value === 'boolean',
    strings: Array.isArray(value) && value.every((item) => typeof item === 'string'),
  }[spec.type];
  return right ? undefined : TYPES[spec.type];
}

function defaults(spec: SectionSpec): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(spec.keys).flatMap(([key, { fallback }]) => (fallback === undefined ? [] : [[key, fallback]])),
  );
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function describe(value: unknown): string {
  if (isTable(value)) return 'a table';
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
