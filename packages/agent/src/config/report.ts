import type { ConfigProblem } from '@stormpulse/plugin-api';
import { describeProblem } from '@stormpulse/plugin-api';
import { locator } from './locate.ts';

/** One line a problem: file, line, key, what, expected, fix. In the order of the file. */
export function report(path: string, text: string, problems: readonly ConfigProblem[]): string {
  const locate = locator(text);
  return problems
    .map((problem) => ({ problem, position: locate(problem.path) }))
    .toSorted((a, b) => a.position.line - b.position.line)
    .map(({ problem, position }) => `${path}:${position.line}: ${describeProblem(problem)}`)
    .join('\n');
}
