import type { ConfigProblem } from '@stormpulse/plugin-api';
import { describeProblem } from '@stormpulse/plugin-api';
import { checkTable, describe, isTable } from './check-table.ts';
import type { Table } from './check-table.ts';
import { INTEGRATIONS, PLUGIN_TABLE } from './integrations.ts';
import { checkLogGroups } from './log-groups.ts';
import { AWAITED_TABLES } from './sections.ts';

/** A section of the file whose plugin this agent does not have: what it amounts to, and why. */
export interface AwaitedSection {
  /** As written, without brackets: `garage`, `plugins.weather`. */
  readonly table: string;
  readonly plugin: string;
  readonly state: 'disabled_error' | 'disabled_choice';
  readonly reason: string;
}

export interface OtherTables {
  /** Refuse the file. */
  readonly problems: readonly ConfigProblem[];
  /** Disable a section or skip an entry; the agent starts. */
  readonly disabling: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
  readonly awaited: readonly AwaitedSection[];
}

/** Shipped with this agent; their sections are the core's and `[commands.*]`. */
const PRESENT: readonly string[] = ['host-metrics', 'custom-commands'];
const PLUGIN_NAME = /^[a-z][a-z0-9-]{1,31}$/u;

/** Checks every table that is neither the core's nor `[commands]` (wire page, 11.2; design D3). */
export function checkOtherTables(file: Table): OtherTables {
  const problems: ConfigProblem[] = [];
  const disabling: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const awaited: AwaitedSection[] = [];
  for (const [table, plugin] of Object.entries(AWAITED_TABLES)) {
    const value = file[table];
    if (value === undefined) continue;
    const spec = INTEGRATIONS[table];
    const found: ConfigProblem[] = [];
    if (table === 'log_groups') {
      if (!Array.isArray(value)) {
        problems.push({
          path: [table],
          problem: `is ${describe(value)}`,
          expected: 'a list of tables, each written [[log_groups]]',
        });
        continue;
      }
      const groups = checkLogGroups(value);
      disabling.push(...groups.skipped.map(skips));
      warnings.push(...groups.warnings);
    } else if (!isTable(value)) {
      const problem = { path: [table], problem: `is ${describe(value)}`, expected: `a table, written [${table}]` };
      (spec === undefined ? problems : found).push(problem);
    } else if (spec !== undefined) {
      const checked = checkTable([table], spec, value);
      found.push(...checked.problems);
      warnings.push(...checked.warnings);
    }
    disabling.push(...found);
    awaited.push(awaitedSection(table, plugin, value, found));
  }
  checkPlugins(file['plugins'], problems, awaited);
  return { problems, disabling, warnings, awaited };
}

function awaitedSection(table: string, plugin: string, value: unknown, found: readonly ConfigProblem[]): AwaitedSection {
  if (found.length > 0) return { table, plugin, state: 'disabled_error', reason: found.map(describeProblem).join('; ') };
  if (INTEGRATIONS[table] !== undefined && isTable(value) && value['enabled'] === false)
    return { table, plugin, state: 'disabled_choice', reason: 'enabled = false' };
  return { table, plugin, state: 'disabled_error', reason: absent(plugin) };
}

function absent(plugin: string): string {
  return `this agent does not have the plugin "${plugin}" yet`;
}

function skips(problem: ConfigProblem): ConfigProblem {
  const fix = problem.fix === undefined ? '' : `${problem.fix}; `;
  return { ...problem, fix: `${fix}this group is skipped, the others are not` };
}

function checkPlugins(plugins: unknown, problems: ConfigProblem[], awaited: AwaitedSection[]): void {
  if (plugins === undefined) return;
  if (!isTable(plugins)) {
    problems.push({ path: ['plugins'], problem: `is ${describe(plugins)}`, expected: 'tables, each written [plugins.<name>]' });
    return;
  }
  for (const [name, table] of Object.entries(plugins)) {
    const path = ['plugins', name];
    if (!isTable(table)) {
      problems.push({ path, problem: `is ${describe(table)}`, expected: `a table, written [plugins.${name}]` });
    } else if (!PLUGIN_NAME.test(name)) {
      const expected = '2 to 32 lower-case letters, digits and hyphens, a letter first';
      problems.push({ path, problem: 'has a name that no plugin can have', expected });
    } else if (PRESENT.includes(name) || Object.values(AWAITED_TABLES).includes(name)) {
      // A narrowed grant that nobody keeps would be worse than none.
      const expected = 'no such table: this version cannot narrow what a plugin of its own package may do';
      problems.push({ path, problem: 'is for a plugin that belongs to the agent', expected, fix: 'remove the table' });
    } else {
      problems.push(...checkTable(path, PLUGIN_TABLE, table).problems);
      awaited.push({ table: `plugins.${name}`, plugin: name, state: 'disabled_error', reason: NO_THIRD_PARTY });
    }
  }
}

const NO_THIRD_PARTY = 'this agent does not load plugins of others yet';
