import { stateOf } from './check-command.ts';
import type { CommandConfig } from './config.ts';
import type { Findings } from './findings.ts';
import { inspectTemplate } from './language/inspect-template.ts';
import type { TemplateReason } from './language/inspect-template.ts';
import { parseTemplate } from './language/parse-template.ts';
import type { TemplateWord } from './language/parse-template.ts';

/** Leave the command out (design D1); the other reasons refuse the file. */
const LEAVES_OUT: ReadonlySet<TemplateReason> = new Set([
  'program_placeholder',
  'program_not_normalized',
  'shell_template',
  'secret_in_argv',
]);

/** Checks the words of a command; undefined when they do not even parse (SEC-100 to 104, 110, 116). */
export function checkTemplate(
  table: CommandConfig,
  fixed: ReadonlySet<string>,
  findings: Findings,
): readonly TemplateWord[] | undefined {
  const { command = [], params = {}, allow = [] } = table;
  if (command.length === 0) return undefined;
  const parsed = parseTemplate(command);
  if (!parsed.ok) {
    for (const { word, problem } of parsed.problems) {
      findings.refuse(
        ['command', word],
        `${stateOf(command[word])}, where ${problem}`,
        'a word of text and placeholders',
        'double the braces that are meant as text',
      );
    }
    return undefined;
  }
  const known = Object.entries(params).map(([name, param]) => {
    return [name, { secret: param.secret === true, leadingDash: param.allow_leading_dash === true }] as const;
  });
  for (const finding of inspectTemplate(parsed.words, { fixed, params: new Map(known) })) {
    if (allow.includes(finding.reason)) continue;
    const path = ['command', finding.word] as const;
    if (LEAVES_OUT.has(finding.reason)) findings.leaveOut(path, finding.problem, finding.expected, finding.fix);
    else findings.refuse(path, finding.problem, finding.expected, finding.fix);
  }
  return parsed.words;
}

/** The parameter that `stdin = "{name}"` names. */
export function checkStdin(table: CommandConfig, findings: Findings): string | undefined {
  if (table.stdin === undefined) return undefined;
  const parsed = parseTemplate([table.stdin]);
  const [piece, ...rest] = parsed.ok ? (parsed.words[0] ?? []) : [];
  if (piece !== undefined && 'name' in piece && rest.length === 0 && Object.hasOwn(table.params ?? {}, piece.name))
    return piece.name;
  findings.refuse(['stdin'], stateOf(table.stdin), 'one placeholder of this command\'s parameters, for example "{text}"');
  return undefined;
}
