import { resolve } from 'node:path';
import { cancel, intro, isCancel, text } from '@clack/prompts';
import { problemWithDescription, problemWithName } from './answers.ts';
import type { Answers } from './answers.ts';

const DESCRIPTION = 'Greets, and counts how often.';

/** Given on the command line; the rest is asked. */
export interface Given {
  readonly name?: string;
  readonly description?: string;
  readonly folder?: string;
  readonly packages?: string;
  /** Ask nothing: defaults for what was not given. */
  readonly yes: boolean;
}

/** Everything that is needed, asked in a terminal where it was not given. Undefined: the person gave up. Throws for what cannot be. */
export async function ask(given: Given): Promise<Answers | undefined> {
  const asks = !given.yes && process.stdin.isTTY;
  if (asks && (given.name === undefined || given.description === undefined)) intro('A plugin for the Storm Pulse agent');
  const name = given.name ?? (asks ? await askText('Its name', 'disk-watch', problemWithName) : undefined);
  if (name === undefined) return asks ? undefined : refuse('give the name of the plugin: npm create @stormpulse/plugin NAME');
  const description =
    given.description ?? (asks ? await askText('What it does, in one line', DESCRIPTION, problemWithDescription) : DESCRIPTION);
  if (description === undefined) return undefined;
  const problem = problemWithName(name) ?? problemWithDescription(description);
  if (problem !== undefined) return refuse(problem);
  const folder = resolve(given.folder ?? `stormpulse-plugin-${name}`);
  return { name, description, folder, ...(given.packages === undefined ? {} : { packages: resolve(given.packages) }) };
}

async function askText(
  message: string,
  initial: string,
  problemWith: (value: string) => string | undefined,
): Promise<string | undefined> {
  const answer = await text({
    message,
    placeholder: initial,
    defaultValue: initial,
    validate: (value) => problemWith(value || initial),
  });
  if (!isCancel(answer)) return answer;
  cancel('Nothing was written.');
  return undefined;
}

function refuse(problem: string): never {
  throw new Error(problem);
}
