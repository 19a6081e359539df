import { Refused } from '../../errors.ts';
import { AGENT_ID } from './dev-agent.ts';
import type { HubPerson, OfferedCommand, OfferedParam, Ran } from './hub-person.ts';

/** Reads a line as a person types it: words apart by spaces, quotes around what holds one. Throws `E_AGENT_REFUSED`. */
export function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  const rest = line.replaceAll(/\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"'])+)/gu, (_, word: string) => {
    words.push(
      word.replaceAll(
        /"((?:[^"\\]|\\.)*)"|'([^']*)'/gu,
        (__, double?: string, single?: string) => double?.replaceAll(/\\(.)/gu, '$1') ?? single ?? '',
      ),
    );
    return '';
  });
  if (rest.trim() !== '') throw Refused({ what: `a quote is not closed: ${rest.trim()}` });
  return words;
}

/** What a line at the prompt does; the lines to show. */
export async function answer(line: string, plugin: string, person: HubPerson): Promise<readonly string[]> {
  const [name, ...rest] = wordsOf(line);
  if (name === undefined) return [];
  const commands = await ofPlugin(plugin, person);
  if (name === 'help') return commands.flatMap((command) => describe(command, plugin));
  const command = commands.find((one) => one.name === name || one.name === `${plugin}_${name}`);
  if (command === undefined) throw Refused({ what: `there is no command "${name}"; help lists what there is` });
  return shown(await person.run(AGENT_ID, command, paramsOf(rest)));
}

/** The words that could stand at the end of a line. */
export async function completions(line: string, plugin: string, person: HubPerson): Promise<readonly string[]> {
  const words = line.split(' ');
  const last = words.at(-1) ?? '';
  const commands = await ofPlugin(plugin, person);
  const short = (name: string): string => name.replace(`${plugin}_`, '');
  if (words.length === 1) return ['help', ...commands.map(({ name }) => short(name))].filter((name) => name.startsWith(last));
  const command = commands.find(({ name }) => name === words[0] || short(name) === words[0]);
  return Object.keys(command?.params ?? {})
    .map((name) => `${name}=`)
    .filter((name) => name.startsWith(last));
}

async function ofPlugin(plugin: string, person: HubPerson): Promise<readonly OfferedCommand[]> {
  return (await person.commands(AGENT_ID)).filter(({ name }) => name.startsWith(`${plugin}_`));
}

function paramsOf(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf('=');
      if (at < 1) throw Refused({ what: `"${word}" is no parameter; expected name=value` });
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

function describe({ name, description, form }: OfferedCommand, plugin: string): readonly string[] {
  const head = `${name.replace(`${plugin}_`, '')}  ${form?.title ?? description}${form === null ? '' : ` (${form.effect})`}`;
  return [head, ...Object.entries(form?.params ?? {}).map(([param, field]) => `  ${param}=  ${expected(field)}`)];
}

function expected({ type, required, title, description, help, choices, default: fallback }: OfferedParam): string {
  const what = choices === undefined ? type : choices.map(({ value }) => value).join(' | ');
  const must = required ? ', needed' : fallback === undefined ? '' : `, default ${fallback}`;
  const words = [title, description, help].filter((text) => text !== undefined && text !== '');
  return `${what}${must}${words.length === 0 ? '' : `: ${words.join('; ')}`}`;
}

function shown({ state, target: { reason, result } }: Ran): readonly string[] {
  if (result === null) return [`${state}: ${reason ?? 'no word of it came'}`];
  const streams = [result.stdout, result.stderr].map((text) => text.trimEnd()).filter((text) => text !== '');
  const why = result.failure_reason === null ? '' : ` (${result.failure_reason}, exit code ${result.exit_code})`;
  return [...streams, `${state}${why}`];
}
