import { fixedText, namesIn } from './parse-template.ts';
import type { TemplateWord } from './parse-template.ts';
import { scriptWords } from './shell-script.ts';

/** Local configuration only: the wire can never set these (SEC-104). */
export const PROTECTED_NAMES: readonly string[] = ['project_dir', 'compose_file', 'env_file'];

export type TemplateReason =
  | 'relative_program'
  | 'program_placeholder'
  | 'program_not_normalized'
  | 'unknown_placeholder'
  | 'shell_template'
  | 'secret_in_argv'
  | 'dash_position';

/** One thing wrong with a template that parses. */
export interface TemplateFinding {
  readonly reason: TemplateReason;
  readonly word: number;
  readonly problem: string;
  readonly expected: string;
  readonly fix?: string;
}

export interface TemplateContext {
  /** Names that local configuration fills. */
  readonly fixed: ReadonlySet<string>;
  readonly params: ReadonlyMap<string, { readonly secret: boolean; readonly leadingDash: boolean }>;
}

/** Everything that SEC-100 (as far as text shows it), 102, 103, 110 and 116 have against a template. */
export function inspectTemplate(words: readonly TemplateWord[], context: TemplateContext): readonly TemplateFinding[] {
  const scripts = scriptWords(words);
  const findings = inspectProgram(words[0] ?? []);
  for (const [index, word] of words.entries()) {
    for (const name of index === 0 ? [] : namesIn(word))
      findings.push(...inspectPlaceholder(words, index, name, scripts.has(index), context));
  }
  return findings;
}

function inspectProgram(word: TemplateWord): TemplateFinding[] {
  const expected = 'the absolute path of the program, without placeholders';
  const first = word[0];
  if (first === undefined || !('text' in first) || !first.text.startsWith('/')) {
    const fix = 'write the full path, for example "/usr/bin/docker"';
    return [{ reason: 'relative_program', word: 0, problem: `starts with ${quoted(word)}`, expected, fix }];
  }
  const path = fixedText(word);
  if (path === undefined) {
    const fix = 'write one command for each program';
    return [{ reason: 'program_placeholder', word: 0, problem: 'lets a value choose the program', expected, fix }];
  }
  const segments = path.slice(1).split('/');
  if (segments.some((segment) => segment === '' || segment === '.' || segment === '..') || path.includes('\0')) {
    return [
      {
        reason: 'program_not_normalized',
        word: 0,
        problem: `starts with ${quoted(word)}`,
        expected: 'a path without empty, "." and ".." parts',
      },
    ];
  }
  return [];
}

function inspectPlaceholder(
  words: readonly TemplateWord[],
  index: number,
  name: string,
  inScript: boolean,
  context: TemplateContext,
): TemplateFinding[] {
  const param = context.params.get(name);
  if (param === undefined) {
    const known = [...context.params.keys(), ...context.fixed].join(', ');
    if (context.fixed.has(name)) return [];
    const expected = known === '' ? 'no placeholder, as this command has no parameters' : `one of ${known}`;
    return [{ reason: 'unknown_placeholder', word: index, problem: `uses {${name}}, which nothing defines`, expected }];
  }
  const findings: TemplateFinding[] = [];
  if (inScript) {
    findings.push({
      reason: 'shell_template',
      word: index,
      problem: `places {${name}} inside the script of a shell, which would run parts of a value`,
      expected: 'a script without placeholders',
      fix: `pass it as an argument: [..., "-c", "… \\"$1\\" …", "sh", "{${name}}"], or, if it is meant, add allow = ["shell_template"]`,
    });
  }
  if (param.secret) {
    findings.push({
      reason: 'secret_in_argv',
      word: index,
      problem: `places the secret {${name}} in the arguments, which every user of the host can read`,
      expected: 'a secret on standard input',
      fix: `take it out of command and add stdin = "{${name}}", or, if it is meant, add allow = ["secret_in_argv"]`,
    });
  }
  if (param.leadingDash && !dashIsHarmless(words, index, name)) {
    findings.push({
      reason: 'dash_position',
      word: index,
      problem: `places {${name}}, which may start with "-", where a program reads options`,
      expected: `"--" as the word before it, or the placeholder after "=", as in "--name={${name}}"`,
    });
  }
  return findings;
}

/** SEC-110: after `--`, or after `=` in its own word. */
function dashIsHarmless(words: readonly TemplateWord[], index: number, name: string): boolean {
  if (fixedText(words[index - 1]) === '--') return true;
  const word = words[index] ?? [];
  const first = word.findIndex((piece) => 'name' in piece && piece.name === name);
  return word.slice(0, first).some((piece) => 'text' in piece && piece.text.includes('='));
}

function quoted(word: TemplateWord): string {
  return JSON.stringify(word.map((piece) => ('text' in piece ? piece.text : `{${piece.name}}`)).join(''));
}
