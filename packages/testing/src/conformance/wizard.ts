import type { Plugin, Step } from '@stormpulse/plugin-api';
import { Value } from '@sinclair/typebox/value';
import { FakeRunner } from '../fakes/runner.ts';
import { contribute } from './contributions.ts';
import type { ConformanceFixture, Problems } from './fixture.ts';

const OPERATOR_ONLY: ReadonlySet<Step['kind']> = new Set(['run', 'enable-unit']);

/** C18: a wizard's plan is pure, stays within what its plugin may change, and asks only probes that there are. */
export async function checkWizard(plugin: Plugin, { config, firstParty = true }: ConformanceFixture): Promise<Problems> {
  const { wizards, probes } = contribute(plugin, config);
  const problems: string[] = [];
  for (const { spec } of wizards) {
    const { signal } = new AbortController();
    const exec = new FakeRunner();
    const folder = `/etc/stormpulse/plugins/${plugin.name}` as const;
    const host = {
      exec: (file: string, args: readonly string[]) => exec.exec(file, args, {}),
      exists: () => Promise.resolve(true),
      folder,
      signal,
    };
    const detected = await spec.detect(host);
    const questions = spec.questions(detected);
    const answers = Value.Default(questions, {});
    if (!Value.Check(questions, answers)) problems.push(`wizard "${spec.title}": every question needs a default that is valid`);
    const plan = async (): Promise<readonly Step[]> => await spec.plan({ detected, answers: answers as never });
    const steps = await plan();
    if (JSON.stringify(steps) !== JSON.stringify(await plan()))
      problems.push(`wizard "${spec.title}": two plans for the same answers differ`);
    problems.push(...steps.flatMap((step) => problemWith(step, plugin.name, firstParty)));
    const asked = steps.flatMap((step) => (step.kind === 'verify' ? [step.probe] : []));
    const unknown = asked.filter((probe) => !probes.some(({ id }) => id === probe));
    problems.push(
      ...unknown.map((probe) => `wizard "${spec.title}" verifies with the probe "${probe}", which the plugin does not have`),
    );
  }
  return problems;
}

function problemWith(step: Step, plugin: string, firstParty: boolean): Problems {
  if (firstParty) return [];
  if (OPERATOR_ONLY.has(step.kind)) return [`a wizard that is not the agent's own may not have the step "${step.kind}"`];
  // Beside `config` stand its grants, which are its operator's.
  const own = `plugins.${plugin}.config`;
  if (step.kind === 'config-section' && step.section !== own && !step.section.startsWith(`${own}.`))
    return [`a wizard may write [${own}] and below, not [${step.section}]`];
  return [];
}
