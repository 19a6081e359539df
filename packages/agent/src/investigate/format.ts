import { printable } from '../host/printable.ts';
import type { CaseFile, Report } from './case-file.ts';
import { local } from './window.ts';

const MAX_CHARS = 4_096;

/** For people: title, window, receipt, a block a suspect, next moves, open questions. */
export function formatCase({ title, receipt, window, reports, nextMoves, openQuestions }: CaseFile): string {
  const list = (head: string, items: readonly string[]): string[] =>
    items.length === 0 ? [] : ['', head, ...items.map((item) => `  - ${item}`)];
  return [
    title,
    `Window:  ${local(window.since)} to ${local(window.until)}`,
    `Receipt: ${receipt}`,
    ...reports.flatMap((report) => ['', ...block(report)]),
    ...list('Next moves:', nextMoves),
    ...list('Open questions:', openQuestions),
  ].join('\n');
}

function block({ suspect, verdict, evidence, detail, remedy }: Report): string[] {
  const line = (label: string, text: string | undefined): string[] =>
    text === undefined ? [] : [`  ${label.padEnd(10)}${printable(text, MAX_CHARS)}`];
  return [
    `${verdict.padEnd(13)}${printable(suspect)}`,
    ...line('evidence:', evidence),
    ...line('detail:', detail),
    ...line('run:', remedy),
  ];
}

/** For programs, in v1's words. */
export function caseJson({ investigation, title, receipt, window, reports, nextMoves, openQuestions }: CaseFile): string {
  const iso = (ms: number): string => new Date(ms).toISOString();
  const times = { since: iso(window.since), until: iso(window.until) };
  const moves = { next_moves: nextMoves, open_questions: openQuestions };
  return JSON.stringify({ investigation, title, receipt, window: times, reports, ...moves });
}
