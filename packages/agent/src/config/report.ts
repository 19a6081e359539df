import type { ConfigProblem } from '@stormpulse/plugin-api';
import { describeProblem } from '@stormpulse/plugin-api';
import { printable } from '../host/printable.ts';
import { locator } from './locate.ts';

const MAX_KEY_CHARS = 128;
const MAX_LINE_CHARS = 1_000;

/** One line a problem: file, line, key, what, expected, fix. In the order of the file. */
export function report(path: string, text: string, problems: readonly ConfigProblem[]): string {
  const locate = locator(text);
  return problems
    .map((problem) => ({ problem, position: locate(problem.path) }))
    .toSorted((a, b) => a.position.line - b.position.line)
    .map(({ problem, position }) => `${path}:${position.line}: ${printable(describeProblem(short(problem)), MAX_LINE_CHARS)}`)
    .join('\n');
}

function short(problem: ConfigProblem): ConfigProblem {
  const cut = (key: string | number): string | number =>
    typeof key === 'string' && key.length > MAX_KEY_CHARS ? `${key.slice(0, 20)}…` : key;
  return { ...problem, path: problem.path.map(cut) };
}
