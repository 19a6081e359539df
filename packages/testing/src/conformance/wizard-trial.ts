import { isDeepStrictEqual } from 'node:util';
import { parseConfig } from '@stormpulse/plugin-api/internal';
import { applyPlan } from '@stormpulse/wizard';
import type { Outcome, SetupStep } from '@stormpulse/wizard';
import { definitionOrThrow } from './contributions.ts';
import { readTable } from './edit-table.ts';
import type { Problems } from './fixture.ts';
import { differences } from './scratch-host.ts';
import type { ScratchHost } from './scratch-host.ts';
import { WizardProblem, WizardRefused, messageOf, planOn } from './wizard-plan.ts';
import type { Planned, Trial } from './wizard-plan.ts';

export interface Tried {
  /** None when it is well. */
  readonly problems: Problems;
  /** A yes-no question was answered with a no. */
  readonly saidNo: boolean;
}

const FAILING: SetupStep = { kind: 'verify', probe: 'the failure that this check makes' };

/** Plans, fails at each step, carries out, plans again. Rejects with {@link WizardRefused}. */
export async function tryWizard(trial: Trial): Promise<Tried> {
  const { host, takenBack } = trial;
  let saidNo = false;
  try {
    const planned = await planOn(trial, trial.config);
    saidNo = planned.saidNo;
    if (planned.steps.length > 0) {
      const plan = host.told(JSON.stringify(planned.steps));
      if (!takenBack.has(plan)) await assertTakenBack(trial, planned);
      takenBack.add(plan);
      await assertFinished(trial, planned);
    }
    return { problems: [], saidNo };
  } catch (error) {
    if (!(error instanceof WizardProblem)) throw error;
    return { problems: [host.told(error.message)], saidNo };
  }
}

/** Fails before each step, after the last, and in each that a host can fail, before and after it is done: each time the host is as it was. */
async function assertTakenBack(trial: Trial, { title, steps }: Planned): Promise<void> {
  const { plugin, host } = trial;
  const before = host.seen;
  const fail = async (where: string, failing: readonly SetupStep[]): Promise<void> => {
    host.ran.length = 0;
    const { status, failures } = await applyPlan({ plugin: plugin.name, title, steps: failing }, host.setup);
    if (status === 'partial_rollback')
      throw new WizardProblem(`when ${where} fails, what was done ${failures.slice(1).join('; ')}`);
    const left = [...differences(before, host.seen), ...programsLeft(steps, host)];
    if (left.length > 0) throw new WizardProblem(`when ${where} fails, this is not as it was before: ${left.join(', ')}`);
  };
  for (let at = 0; at <= steps.length; at += 1)
    await fail(
      at < steps.length ? `something before step ${at + 1}` : 'something after the last step',
      steps.toSpliced(at, 0, FAILING),
    );
  for (const [at, step] of steps.entries()) {
    if (step.kind !== 'run' && step.kind !== 'enable-unit' && step.kind !== 'verify') continue;
    for (const isDone of [false, true]) {
      host.failing = { step, isDone };
      await fail(`step ${at + 1}`, steps);
    }
  }
  host.failing = undefined;
}

/** Programs that ran and were not run to take that back. */
function programsLeft(steps: readonly SetupStep[], { ran }: ScratchHost): readonly string[] {
  const did = (words: readonly string[]): boolean => ran.some((other) => isDeepStrictEqual(other, words));
  return steps.flatMap((step) => {
    if (step.kind !== 'run' || !did([step.file, ...step.argv])) return [];
    return step.undo !== undefined && did([step.file, ...step.undo]) ? [] : [`what ${step.file} did (the step has no "undo")`];
  });
}

/** Carried out, set up anew with the file as it is then and asked the same, it has nothing to do. */
async function assertFinished(trial: Trial, planned: Planned): Promise<void> {
  const { plugin, host, firstParty } = trial;
  const definition = definitionOrThrow(plugin);
  const configNow = (text: string): object =>
    firstParty ? trial.config : (readTable(text, ['plugins', plugin.name, 'config']) ?? {});
  host.check = (text) => {
    try {
      parseConfig(definition.configSchema, configNow(text));
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  };
  const apply = ({ title, steps }: Planned): Promise<Outcome> => applyPlan({ plugin: plugin.name, title, steps }, host.setup);
  const done = await apply(planned);
  if (isTakenBack(done)) throw new WizardProblem(`its plan is not carried out: ${done.failures.join('; ')}`);
  const again = await planOn(trial, configNow(host.text), planned.answers).catch((error: unknown) => {
    if (error instanceof WizardRefused) throw new WizardProblem(`once it is carried out it is not asked again: ${error.message}`);
    throw error;
  });
  const redone = await apply(again);
  if (isTakenBack(redone)) throw new WizardProblem(`once it is carried out its next plan is not: ${redone.failures.join('; ')}`);
  if (redone.status !== 'unchanged')
    throw new WizardProblem(
      `carried out, it has something to do again: ${redone.applied.join('; ')}; what is so already is not planned`,
    );
}

function isTakenBack({ status }: Outcome): boolean {
  return status === 'rolled_back' || status === 'partial_rollback';
}
