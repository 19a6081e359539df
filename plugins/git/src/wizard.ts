import { Type, wizard } from '@stormpulse/sdk';
import type { AbsolutePath } from '@stormpulse/sdk';

/** Writes `[git]`; refuses a project that is no repository. */
export function gitWizard(directory: AbsolutePath, refs: readonly string[]) {
  return wizard({
    title: 'Look at, fetch and check out the project',
    detect: async ({ exists }) => ({ isRepository: await exists(`${directory}/.git`) }),
    questions: ({ isRepository }) => {
      if (!isRepository)
        throw new Error(
          `${directory}, the project_dir of [project], is no git repository; clone it there, then: stormpulse git init`,
        );
      return Type.Object({
        refs: Type.String({
          default: refs.join(' '),
          pattern: '^(?:[A-Za-z0-9][A-Za-z0-9._/@+-]*\\*?(?: +|$))*$',
          title: 'Which branches and tags may be checked out?',
          description: 'Names, or beginnings such as release/*, with spaces between them; none: no command checks anything out.',
        }),
      });
    },
    plan: ({ answers }) => [
      { kind: 'config-section', section: 'git', values: { refs: answers.refs.split(/ +/u).filter((ref) => ref !== '') } },
    ],
  });
}
