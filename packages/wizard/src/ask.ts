import { Default } from '@sinclair/typebox/value';
import type { TObject } from '@stormpulse/plugin-api';
import { answerProblem, questionsOf, readAnswer } from './questions.ts';
import type { Question } from './questions.ts';

/** Nobody answers any more: the end of the input, Ctrl-C, Escape. */
export class GaveUp extends Error {
  constructor() {
    super('not answered to the end: nothing was changed');
  }
}

/** Who is asked. Each rejects with {@link GaveUp}, and asks again until `problemWith` has nothing to say. */
export interface Asker {
  text(question: TextQuestion): Promise<string>;
  /** Not shown while it is typed. */
  secret(question: Omit<TextQuestion, 'initial'>): Promise<string>;
  yesNo(question: { readonly message: string; readonly initial: boolean }): Promise<boolean>;
  oneOf(question: ChoiceQuestion & { readonly initial?: string }): Promise<string>;
  someOf(question: ChoiceQuestion & { readonly initial: readonly string[] }): Promise<readonly string[]>;
  say(line: string): void;
}

export interface TextQuestion {
  readonly message: string;
  /** What an empty answer means. */
  readonly initial?: string;
  readonly problemWith: (value: string) => string | undefined;
}

export interface ChoiceQuestion {
  readonly message: string;
  readonly choices: readonly { readonly value: string; readonly label?: string; readonly hint?: string }[];
}

export type Answers = Readonly<Record<string, unknown>>;

/** Asks everything a wizard wants to know; what is `given` is not asked. Rejects with {@link GaveUp}. */
export async function askAll(schema: TObject, asker: Asker, given: Answers = {}): Promise<Answers> {
  const answers: Record<string, unknown> = { ...given };
  for (const question of questionsOf(schema)) {
    if (Object.hasOwn(given, question.key)) continue;
    const value = await askOne(question, asker);
    if (value !== undefined) answers[question.key] = value;
  }
  return withDefaults(schema, answers);
}

/** Defaults for what is not answered. */
export function withDefaults(schema: TObject, answers: Answers): Answers {
  return Default(schema, { ...answers }) as Answers;
}

/** Why these are no answers, a sentence each; what a file says is checked as what a person types. */
export function answersProblems(schema: TObject, answers: Answers): readonly string[] {
  const questions = questionsOf(schema);
  const known = new Map(questions.map((question) => [question.key, question]));
  const wrong = Object.entries(answers).flatMap(([key, value]) => {
    const question = known.get(key);
    if (question === undefined && !Object.hasOwn(schema.properties, key))
      return [`${key}: is not asked; expected ${[...known.keys()].join(', ') || 'no answers'}`];
    const problem = question === undefined ? undefined : answerProblem(question, value);
    return problem === undefined ? [] : [`${key}: ${problem}`];
  });
  const whole = withDefaults(schema, answers);
  const missing = questions.filter(({ key, isRequired }) => isRequired && whole[key] === undefined);
  return [...wrong, ...missing.map(({ key }) => `${key}: an answer is needed`)];
}

/** What was answered to a question that is not shown. */
export function secretAnswers(schema: TObject, answers: Answers): readonly string[] {
  return questionsOf(schema).flatMap(({ key, kind }) =>
    kind === 'secret' && typeof answers[key] === 'string' ? [answers[key]] : [],
  );
}

async function askOne(question: Question, asker: Asker): Promise<unknown> {
  const { kind, fallback, choices } = question;
  const message = plain(question.help === undefined ? question.title : `${question.title}\n${question.help}`);
  const options = choices.map((value) => ({ value: String(value) }));
  if (kind === 'yes-no') return await asker.yesNo({ message, initial: fallback === true });
  if (kind === 'one-of') {
    const initial = fallback === undefined ? {} : { initial: shown(fallback) };
    const chosen = await asker.oneOf({ message, choices: options, ...initial });
    return choices.find((value) => String(value) === chosen);
  }
  if (kind === 'some-of') {
    const initial = Array.isArray(fallback) ? fallback.map(String) : [];
    const chosen = await asker.someOf({ message, choices: options, initial });
    return choices.filter((value) => chosen.includes(String(value)));
  }
  const problemWith = (text: string): string | undefined => answerProblem(question, readAnswer(question, text));
  if (kind === 'secret') return readAnswer(question, await asker.secret({ message, problemWith }));
  const initial = fallback === undefined ? {} : { initial: shown(fallback) };
  return readAnswer(question, await asker.text({ message, problemWith, ...initial }));
}

function shown(fallback: unknown): string {
  if (Array.isArray(fallback)) return fallback.join(', ');
  return typeof fallback === 'string' ? fallback : JSON.stringify(fallback);
}

/** A plugin's words are a stranger's. */
function plain(text: string): string {
  return text.slice(0, 600).replaceAll(/[^\P{C}\n]/gu, ' ');
}
