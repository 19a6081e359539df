import type { Plugin } from '@stormpulse/plugin-api';
import { contribute } from './contributions.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';
import { ScratchHost } from './scratch-host.ts';
import { WizardRefused } from './wizard-plan.ts';
import { tryWizard } from './wizard-trial.ts';
import type { Tried } from './wizard-trial.ts';

/**
 * C18: a wizard's plan is pure and stays within what its plugin may change; carried out by the engine of the command line it leaves nothing to
 * do; a failure at any step leaves files, units and programs of the host as they were.
 */
export async function checkWizard(plugin: Plugin, fixture: ConformanceFixture): Promise<Problems> {
  const { config, firstParty = true, wizard: given = {} } = fixture;
  const { wizards, probes } = contribute(plugin, config);
  const [wizard, ...others] = wizards;
  if (wizard === undefined) return [];
  if (others.length > 0) return [`it has ${wizards.length} wizards; the first alone is asked`];
  const { there, answers, program = () => undefined } = given;
  const [problems, refusals] = [new Set<string>(), new Set<string>()];
  const takenBack = new Set<string>();
  let isTried = false;
  const attempt = async (isThere: (path: string) => boolean, saysYes: boolean): Promise<Tried | undefined> => {
    const file = firstParty ? {} : { plugins: { [plugin.name]: { config } } };
    const host = new ScratchHost({ plugin: plugin.name, file, isThere, program, probes: probes.map(({ id }) => id) });
    try {
      const tried = await tryWizard({ plugin, config, firstParty, given, host, saysYes, takenBack });
      tried.problems.forEach((problem) => problems.add(problem));
      isTried = true;
      return tried;
    } catch (error) {
      if (!(error instanceof WizardRefused)) throw error;
      refusals.add(error.message);
      return undefined;
    } finally {
      host.close();
    }
  };
  const hosts = there === undefined ? [() => false, () => true] : [(path: string) => there.includes(path)];
  for (const isThere of hosts) {
    const tried = await attempt(isThere, false);
    if (answers === undefined && tried?.saidNo === true) await attempt(isThere, true);
  }
  if (!isTried)
    problems.add(
      `it refuses every host it is tried on: ${[...refusals].join('; ')}. Say what is there in "wizard" of the fixture`,
    );
  return [...problems].map((problem) => `wizard "${wizard.spec.title}": ${problem}`);
}
