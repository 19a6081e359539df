import type { ConfigProblem } from '@stormpulse/plugin-api';
import { nearest } from './nearest.ts';
import { checkTable, defaults, describe, isTable } from './check-table.ts';
import type { Table } from './check-table.ts';
import { OTHER_TABLES, SECTIONS } from './sections.ts';

/** Everything wrong with a parsed file, and what is only odd. */
export interface CheckedConfig {
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
  /** The sections with their defaults; meaningful as a whole only without problems. */
  readonly values: SectionValues;
  /** Tables at the top that nobody knows. */
  readonly unclaimed: readonly string[];
}

/** What is right of each section that is there; a key that is wrong or missing has no value. */
export type SectionValues = Readonly<Record<string, Table>>;

/** Checks the core sections: types strictly, ranges, unknown and misspelt keys (wire page, 11.1; D1). All problems at once. */
export function checkConfig(file: Table): CheckedConfig {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const values: Record<string, Table> = {};
  for (const [name, spec] of Object.entries(SECTIONS)) {
    const table = file[name];
    if (table === undefined) {
      if (spec.required) problems.push(missingSection(name, file));
      else if (spec.ours === true) values[name] = defaults(spec);
    } else if (!isTable(table))
      problems.push({ path: [name], problem: `is ${describe(table)}`, expected: `a table, written [${name}]` });
    else {
      const checked = checkTable([name], spec, table);
      problems.push(...checked.problems);
      warnings.push(...checked.warnings);
      values[name] = checked.values;
    }
  }
  const unclaimed = checkTopLevel(file, problems);
  checkAcross(values, problems);
  return { problems, warnings, values, unclaimed };
}

/** Gives the strangers; one that looks like a typo is a problem. */
function checkTopLevel(file: Table, problems: ConfigProblem[]): string[] {
  const known = [...Object.keys(SECTIONS), ...OTHER_TABLES];
  const strangers = Object.keys(file).filter((name) => !known.includes(name));
  for (const name of strangers) {
    const meant = nearest(name, known);
    if (meant !== undefined) problems.push({ ...unclaimedTable(name), fix: `did you mean [${meant}]?` });
  }
  return strangers.filter((name) => nearest(name, known) === undefined);
}

/** How a table nobody knows is told. */
export function unclaimedTable(name: string): ConfigProblem {
  return {
    path: [name],
    problem: 'is a table nobody claims',
    expected: 'a section of this agent or of one of its plugins',
  };
}

function checkAcross(values: SectionValues, problems: ConfigProblem[]): void {
  const { reconnect_min_seconds: min, reconnect_max_seconds: max, url, fallback_urls: fallbacks } = values['dashboard'] ?? {};
  if (typeof min === 'number' && typeof max === 'number' && min > max) {
    problems.push({
      path: ['dashboard', 'reconnect_min_seconds'],
      problem: `is ${min}, more than reconnect_max_seconds`,
      expected: `at most ${max}`,
    });
  }
  if (Array.isArray(fallbacks) && fallbacks.includes(url)) {
    problems.push({ path: ['dashboard', 'fallback_urls'], problem: 'holds url itself', expected: 'other addresses than url' });
  }
  const { proxy, proxy_authorization_file: authorization } = values['dashboard'] ?? {};
  if (authorization !== undefined && proxy === undefined) {
    problems.push({
      path: ['dashboard', 'proxy_authorization_file'],
      problem: 'is for a proxy, and there is none',
      expected: 'proxy beside it',
      fix: 'write proxy = "http://HOST:PORT", or remove the key',
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
