import { fixedText } from './parse-template.ts';
import type { TemplateWord } from './parse-template.ts';

const SHELLS: ReadonlySet<string> = new Set([
  'sh',
  'ash',
  'bash',
  'csh',
  'dash',
  'fish',
  'ksh',
  'ksh93',
  'mksh',
  'rbash',
  'tcsh',
  'yash',
  'zsh',
]);
/** Programs that hand a command line to a shell. */
const SWITCH_USER: ReadonlySet<string> = new Set(['su', 'runuser']);
/** Shell options that take the next word. */
const TAKES_WORD = /^[-+][A-Za-z]*[oO]$/u;

/**
 * The indexes of the words that a shell will read as a script (SEC-103): after `sh -c` wherever it stands, so behind `env`,
 * `sudo` or `docker exec` too, and what `su -c` and `env -S` hand over.
 */
export function scriptWords(words: readonly TemplateWord[]): ReadonlySet<number> {
  const found = new Set<number>();
  for (const [index, word] of words.entries()) {
    const name = fixedText(word)?.split('/').at(-1) ?? '';
    const script = SHELLS.has(name) ? shellScript(words, index + 1) : undefined;
    if (script !== undefined) found.add(script);
    if (SWITCH_USER.has(name)) addOption(found, words, index + 1, 'c', /^--(?:session-)?command$/u);
    if (name === 'env') addOption(found, words.slice(0, endOfEnv(words, index + 1)), index + 1, 'S', /^--split-string$/u);
  }
  return found;
}

/** Options first; the script is the first word that is none, if one of the options was a `c`. */
function shellScript(words: readonly TemplateWord[], from: number): number | undefined {
  let isScript = false;
  for (let index = from; index < words.length; index += 1) {
    const start = startOf(words[index]);
    if (start === '--' || start === '-') return isScript ? index + 1 : undefined;
    if (!/^[-+]./u.test(start)) return isScript ? index : undefined;
    const isLong = start.startsWith('--');
    if (!isLong && start.includes('c') && start.startsWith('-')) isScript = true;
    if ((!isLong && TAKES_WORD.test(start)) || /^--(?:rcfile|init-file)$/u.test(start)) index += 1;
  }
  return undefined;
}

/** The word after `-c`, or the option's own word in `-cTEXT` and `--command=TEXT`. */
function addOption(found: Set<number>, words: readonly TemplateWord[], from: number, letter: string, long: RegExp): void {
  for (let index = from; index < words.length; index += 1) {
    const start = startOf(words[index]);
    const isShort = /^-[A-Za-z0-9]/u.test(start) && start.includes(letter);
    if (long.test(start) || (isShort && start.endsWith(letter))) found.add(index + 1);
    if (isShort || (start.includes('=') && long.test(start.split('=')[0] ?? ''))) found.add(index);
  }
}

/** `env` reads options and assignments up to the program it starts. */
function endOfEnv(words: readonly TemplateWord[], from: number): number {
  const program = words.findIndex(
    (word, index) => index >= from && !startOf(word).startsWith('-') && !startOf(word).includes('='),
  );
  return program < 0 ? words.length : program;
}

/** The fixed text a word starts with: a value cannot turn a word into an option, because a leading dash is refused. */
function startOf(word: TemplateWord | undefined): string {
  const first = word?.[0];
  return first !== undefined && 'text' in first ? first.text : '';
}
