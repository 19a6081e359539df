import type { ConfigProblem } from '@stormpulse/plugin-api';
import { checkTable, describe, isTable } from './check-table.ts';
import type { Path } from './check-table.ts';
import { LOG_GROUP } from './integrations.ts';

/** Findings about `[[log_groups]]` entries; an entry with a problem is skipped as a whole, and does not take its name. */
export function checkLogGroups(entries: readonly unknown[]): {
  readonly skipped: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
} {
  const names = new Set<unknown>();
  const skipped: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  for (const [index, entry] of entries.entries()) {
    const path = ['log_groups', index];
    if (!isTable(entry)) {
      skipped.push({ path, problem: `is ${describe(entry)}`, expected: 'a table, written [[log_groups]]' });
      continue;
    }
    const checked = checkTable(path, LOG_GROUP, entry);
    const problems = [...checked.problems, ...acrossKeys(path, entry), ...takenName(path, entry['name'], names)];
    if (problems.length === 0) names.add(entry['name']);
    skipped.push(...problems);
    warnings.push(...checked.warnings, ...retired(path, entry['retention_days']));
  }
  return { skipped, warnings };
}

/** What a source needs depends on its type. */
function acrossKeys(path: Path, { source_type: type, source_path, container_name }: Record<string, unknown>): ConfigProblem[] {
  const missing = (key: string, expected: string): ConfigProblem[] => [
    { path: [...path, key], problem: 'is missing', expected, fix: `a group with source_type = "${String(type)}" needs it` },
  ];
  if (type === 'file' && source_path === undefined) return missing('source_path', 'an absolute path');
  if ((type === 'docker' || type === 'docker_stream') && container_name === undefined)
    return missing('container_name', 'a string');
  return [];
}

function takenName(path: Path, name: unknown, names: ReadonlySet<unknown>): ConfigProblem[] {
  if (!names.has(name)) return [];
  return [{ path: [...path, 'name'], problem: `is ${describe(name)}, which another group has`, expected: 'a name of its own' }];
}

function retired(path: Path, days: unknown): ConfigProblem[] {
  if (days === undefined) return [];
  return [{ path: [...path, 'retention_days'], problem: 'has no effect', expected: 'no such key', fix: 'remove it' }];
}
