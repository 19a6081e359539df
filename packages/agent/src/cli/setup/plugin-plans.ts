import { isAgentError } from '@stormpulse/plugin-api';
import { answersProblems, askAll, checkPlan, secretAnswers, withDefaults } from '@stormpulse/wizard';
import type { Answers, Asker, Plan } from '@stormpulse/wizard';
import { Refused } from '../../errors.ts';
import type { Candidate } from './find-wizards.ts';

/** What a wizard planned, and what of its answers is not to be shown. */
export interface PluginPlan {
  readonly plan: Plan;
  readonly secrets: readonly string[];
  readonly candidate: Candidate;
}

/** Detects, asks (or takes what is given), plans. Undefined: it has no wizard. Rejects with `E_AGENT_REFUSED`, `E_WIZARD_PLAN`, `GaveUp`. */
export async function planOf(candidate: Candidate, asker: Asker, given: Answers | undefined): Promise<PluginPlan | undefined> {
  const opened = await candidate.open();
  if (opened === undefined) return undefined;
  try {
    const { spec } = opened.wizard;
    const detected = await ofWizard(candidate, () => opened.detect());
    const schema = await ofWizard(candidate, () => spec.questions(detected));
    if (given === undefined) asker.say(`\n${candidate.name}: ${spec.title.replaceAll(/\p{C}+/gu, ' ').slice(0, 200)}`);
    const problems = given === undefined ? [] : answersProblems(schema, given);
    if (problems.length > 0) throw Refused({ what: `the answers for ${candidate.name}: ${problems.join('; ')}` });
    const answers = given === undefined ? await askAll(schema, asker) : withDefaults(schema, given);
    const planned = await ofWizard(candidate, () => spec.plan({ detected, answers }));
    const steps = checkPlan(planned, { ...opened.bounds, answered: textsIn(given ?? answers) });
    return { plan: { plugin: candidate.name, title: spec.title, steps }, secrets: secretAnswers(schema, answers), candidate };
  } finally {
    await opened.close();
  }
}

/** What a person typed, or accepted; of a file what stands in it. */
function textsIn(answers: Answers): readonly string[] {
  return Object.values(answers)
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter((value) => typeof value === 'string');
}

/** What a plugin throws is told as its own. */
async function ofWizard<T>({ name }: Candidate, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const why = (cause instanceof Error ? cause.message : String(cause)).slice(0, 500).replaceAll(/\p{C}+/gu, ' ');
    throw Refused({ what: `the wizard of "${name}" failed, and nothing was changed: ${why}` }, { cause });
  }
}

/** The probe of a plugin, set up anew with the file as it is then. */
export async function probeOf(candidate: Candidate, id: string): Promise<string | undefined> {
  try {
    const opened = await candidate.open();
    if (opened === undefined) return 'the plugin has no wizard any more';
    try {
      return await opened.probe(id);
    } finally {
      await opened.close();
    }
  } catch (error) {
    return isAgentError(error) || error instanceof Error ? error.message : String(error);
  }
}
