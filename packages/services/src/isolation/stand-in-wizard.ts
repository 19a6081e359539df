import { wizard } from '@stormpulse/plugin-api';
import type { Step, TObject, Wizard } from '@stormpulse/plugin-api';
import { Attached } from './attached.ts';
import type { Remote } from './remote.ts';
import { schemaOfJson } from './schema-of-json.ts';

const DETECT_MS = 60_000;
const PLAN_MS = 5_000;

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
      questions.keep(found?.detected, schemaOfJson(found?.questions) as TObject);
      return found?.detected;
    },
    questions: (detected) => questions.of(detected) ?? (schemaOfJson({ type: 'object' }) as TObject),
    plan: async (input) => ((await remote.ask('wizard.plan', { at, ...input }, { what, ms: PLAN_MS })) ?? []) as readonly Step[],
  });
}
