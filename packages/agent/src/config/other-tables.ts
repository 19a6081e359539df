import type { ConfigProblem } from '@stormpulse/plugin-api';
import { describeProblem } from '@stormpulse/plugin-api';
import { checkTable, describe, isTable } from './check-table.ts';
import type { Table } from './check-table.ts';
import { INTEGRATIONS } from './integrations.ts';
import { checkLogGroups } from './log-groups.ts';
import { checkPluginTables } from './plugin-tables.ts';
import type { PluginTables } from './plugin-tables.ts';
import { AWAITED_TABLES, PLUGIN_TABLES } from './sections.ts';

/** A section of the file whose plugin this agent does not have: what it amounts to, and why. */
export interface AwaitedSection {
  /** As written, without brackets: `garage`. */
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
  readonly plugins: PluginTables;
}

/** Shipped with this agent; they check their own sections. */
const PRESENT: readonly string[] = ['host-metrics', 'custom-commands', ...PLUGIN_TABLES];

/** Checks every table that is neither the core's nor `[commands]` (wire page, 11.2; design D3). */
export function checkOtherTables(file: Table): OtherTables {
  const problems: ConfigProblem[] = [];
  const disabling: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const awaited: AwaitedSection[] = [];
  for (const table of PLUGIN_TABLES) {
    const value = file[table];
    if (value !== undefined && !isTable(value))
      problems.push({ path: [table], problem: `is ${describe(value)}`, expected: `a table, written [${table}]` });
  }
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
  const plugins = checkPluginTables(file['plugins'], [...PRESENT, ...Object.values(AWAITED_TABLES)]);
  problems.push(...plugins.problems);
  return { problems, disabling, warnings, awaited, plugins };
}

/** Plugins shipped with this agent. */
export function presentPlugins(): readonly string[] {
  return PRESENT;
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
