import { wizard } from '@stormpulse/plugin-api';
import type { Step, TObject, Wizard } from '@stormpulse/plugin-api';
import { Attached } from './attached.ts';
import type { Remote } from './remote.ts';
import { questionsOfJson } from './questions-of-json.ts';

const DETECT_MS = 60_000;
const PLAN_MS = 5_000;
const NO_QUESTIONS = { type: 'object', properties: {} };

/** Its questions are asked for with what it detected, on which they depend alone. */
export function standInWizard(title: string, at: number, remote: Remote): Wizard {
  const questions = new Attached<TObject>();
  const what = `wizard "${title}"`;
  return wizard<unknown, TObject>({
    title,
    async detect({ signal, exists, folder }) {
      const run = remote.runs.begin({ exists });
      const found = (await remote
        .ask('wizard.detect', { at, run, folder }, { what, ms: DETECT_MS, signal })
        .finally(() => remote.runs.over(run))) as { readonly detected: unknown; readonly questions: unknown } | undefined;
      questions.keep(found?.detected, questionsOfJson(found?.questions ?? NO_QUESTIONS));
      return found?.detected;
    },
    questions: (detected) => questions.of(detected) ?? questionsOfJson(NO_QUESTIONS),
    plan: async (input) => ((await remote.ask('wizard.plan', { at, ...input }, { what, ms: PLAN_MS })) ?? []) as readonly Step[],
  });
}
