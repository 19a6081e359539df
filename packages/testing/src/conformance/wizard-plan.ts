import { Value } from '@sinclair/typebox/value';
import type { Plugin, Step, TObject } from '@stormpulse/plugin-api';
import { PlanRefused, answersProblems, checkPlan, questionsOf, withDefaults } from '@stormpulse/wizard';
import type { Answers, SetupStep } from '@stormpulse/wizard';
import type { WizardFixture } from './fixture.ts';
import { differences } from './scratch-host.ts';
import type { ScratchHost } from './scratch-host.ts';
import { wizardOf } from './wizard-of.ts';

/** One wizard, on one host that is new, with one set of answers. */
export interface Trial {
  readonly plugin: Plugin;
  readonly config: object;
  readonly firstParty: boolean;
  readonly given: WizardFixture;
  readonly host: ScratchHost;
  /** Every yes-no question is answered with a yes. */
  readonly saysYes: boolean;
  /** Plans that another trial took back already. */
  readonly takenBack: Set<string>;
}

/** It would not be set up on this host, and says why. */
export class WizardRefused extends Error {}

/** What is wrong with a wizard, in words about its host. */
export class WizardProblem extends Error {}

export interface Planned {
  readonly title: string;
  readonly steps: readonly SetupStep[];
  readonly answers: Answers;
  readonly saidNo: boolean;
}

/**
 * Detects, answers, plans twice. `earlier`: what was answered before, where it still is an answer. Rejects with {@link WizardRefused},
 * {@link WizardProblem}.
 */
export async function planOn(trial: Trial, config: object, earlier?: Answers): Promise<Planned> {
  const { plugin, host, firstParty, given } = trial;
  const before = host.seen;
  await using opened = await unrefused(trial, () => wizardOf(plugin, config, host, { firstParty }));
  const { spec } = opened;
  const detected = await unrefused(trial, opened.detect);
  const schema = await unrefused(trial, () => spec.questions(detected));
  const defaults = withDefaults(schema, {});
  if (!Value.Check(schema, defaults)) throw new WizardProblem('every question needs a default that is valid');
  const wrong = answersProblems(schema, given.answers ?? {});
  if (wrong.length > 0) throw new WizardProblem(`the answers that the fixture gives: ${wrong.join('; ')}`);
  const answers = Value.Check(schema, earlier) ? earlier : answersTo(schema, defaults, trial);
  const ran = host.ran.length;
  const plan = async (): Promise<unknown> => await spec.plan({ detected, answers });
  const steps = await unrefused(trial, plan);
  const same = JSON.stringify(steps) === JSON.stringify(await unrefused(trial, plan));
  if (!same) throw new WizardProblem('two plans for the same answers differ');
  if (host.ran.length > ran) throw new WizardProblem(`planning runs ${String(host.ran.at(-1)?.join(' '))}; a plan is pure`);
  const changed = differences(before, host.seen);
  if (changed.length > 0)
    throw new WizardProblem(`asking it changes ${changed.join(', ')}; only the steps of a plan change a host`);
  const saidNo = yesNoQuestions(schema).some((key) => answers[key] !== true);
  return { title: spec.title, steps: within(trial, steps, answers), answers, saidNo };
}

function answersTo(schema: TObject, defaults: Answers, { given, saysYes }: Trial): Answers {
  const yes = saysYes ? yesNoQuestions(schema).map((key) => [key, true]) : [];
  return { ...defaults, ...given.answers, ...Object.fromEntries(yes) };
}

function yesNoQuestions(schema: TObject): readonly string[] {
  return questionsOf(schema).flatMap(({ key, kind }) => (kind === 'yes-no' ? [key] : []));
}

/** The steps, when they stay within what the plugin may change. */
function within({ plugin: { name: plugin }, firstParty, host, given: { files = [] } }: Trial, steps: unknown, answers: Answers) {
  const placed = Array.isArray(steps) ? (steps as readonly Step[]).map((step) => inFolder(step, files, host)) : steps;
  try {
    return checkPlan(placed, {
      plugin,
      firstParty,
      tables: [firstParty ? [plugin] : ['plugins', plugin, 'config']],
      folder: host.folder,
      files: files.map((path) => host.at(path)),
      hostFolder: host.hostFolder,
      answered: Object.values(answers)
        .flat()
        .filter((value) => typeof value === 'string'),
    });
  } catch (error) {
    if (!PlanRefused.is(error)) throw error;
    const { step, problem, expected } = error.details;
    throw new WizardProblem(`${String(step)}: ${String(problem)}; expected ${String(expected)}`);
  }
}

function inFolder(step: Step, files: readonly string[], host: ScratchHost): Step {
  return step?.kind === 'write-file' && files.includes(step.path) ? { ...step, path: host.at(step.path) } : step;
}

async function unrefused<T>({ host }: Trial, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new WizardRefused(host.told(messageOf(error)), { cause: error });
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
