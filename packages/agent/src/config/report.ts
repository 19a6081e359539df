import type { ConfigProblem } from '@stormpulse/plugin-api';
import { describeProblem } from '@stormpulse/plugin-api';
import { printable } from '../host/printable.ts';

const MAX_KEY_CHARS = 128;
const MAX_LINE_CHARS = 1_000;

/** One line a problem: file, line, key, what, expected, fix. In the order of the file. */
export function report(path: string, lineOf: (problem: ConfigProblem) => number, problems: readonly ConfigProblem[]): string {
  return problems
    .map((problem) => ({ problem, line: lineOf(problem) }))
    .toSorted((a, b) => a.line - b.line)
    .map(({ problem, line }) => `${path}:${line}: ${printable(sentence(short(problem)), MAX_LINE_CHARS)}`)
    .join('\n');
}

/** What is wrong with the file itself has no key. */
function sentence(problem: ConfigProblem): string {
  return problem.path.length === 0 ? describeProblem(problem).slice(2) : describeProblem(problem);
}

function short(problem: ConfigProblem): ConfigProblem {
  const cut = (key: string | number): string | number =>
    typeof key === 'string' && key.length > MAX_KEY_CHARS ? `${key.slice(0, 20)}…` : key;
  return { ...problem, path: problem.path.map(cut) };
}
