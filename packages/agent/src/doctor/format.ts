import { printable } from '../host/printable.ts';
import type { Diagnosis } from './examine.ts';
import type { AreaFinding } from './finding.ts';

const MAX_CHARS = 4_096;

/** For people: what is wrong first, each with where, what was expected and what to do. */
export function formatDiagnosis({ config, findings, looked, ok }: Diagnosis): string {
  const wrong = findings.filter(({ level }) => level === 'wrong');
  const notes = findings.filter(({ level }) => level === 'note');
  const outcome = ok
    ? `Nothing is wrong with this host and ${config}.`
    : `${wrong.length === 1 ? 'One thing is' : `${wrong.length} things are`} wrong with this host and ${config}.`;
  return [...[...wrong, ...notes].map(block), `Looked at: ${looked.join(', ')}.`, outcome].join('\n');
}

function block({ area, level, problem, where, expected, fix }: AreaFinding): string {
  const row = (label: string, text: string): string => `  ${label.padEnd(10)}${printable(text, MAX_CHARS)}`;
  const title = `${level === 'note' ? 'Note, ' : ''}${area}: ${printable(problem, MAX_CHARS)}`;
  return [title, row('where:', where), row('expected:', expected), row('do:', fix), ''].join('\n');
}
