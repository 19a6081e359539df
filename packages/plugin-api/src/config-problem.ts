import { defineError } from './errors.ts';

/** One thing wrong in an operator's file, in words a person can act on. */
export interface ConfigProblem {
  /** Keys from the top of the file, or of the plugin's own config, to the value. */
  readonly path: readonly (string | number)[];
  /** What is wrong, without repeating the path. */
  readonly problem: string;
  readonly expected: string;
  readonly fix?: string;
}

/** Thrown for a whole configuration at once: every problem, not the first. */
export const ConfigInvalid = defineError<{ problems: readonly ConfigProblem[] }>(
  'E_CONFIG_INVALID',
  'failed_precondition',
  'operator',
  (d) => d.problems.map(describeProblem).join('\n'),
);

/** One line: where, what, expected, what to do. */
export function describeProblem(problem: ConfigProblem): string {
  const where = problem.path.map(String).join('.');
  const fix = problem.fix === undefined ? '' : `; ${problem.fix}`;
  return `${where}: ${problem.problem}; expected ${problem.expected}${fix}`;
}
