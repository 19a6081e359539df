import { Type } from '@stormpulse/sdk';
import type { AbsolutePath, Infer } from '@stormpulse/sdk';

/** The part of `[project]` that this plugin reads; the agent has checked it. */
const Project = Type.Object({
  project_dir: Type.Unsafe<AbsolutePath>(Type.String({ pattern: '^/', description: 'The repository, from `[project]`.' })),
});

/** `[git]`. */
const Git = Type.Object({
  refs: Type.Array(
    // What `git check-ref-format` refuses besides is refused when it is asked for.
    Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/@+-]*\\*?$', maxLength: 200 }),
    {
      default: [],
      maxItems: 100,
      description:
        'Branches and tags that may be checked out: names, or beginnings with `*` at their end. None: no `git_checkout`.',
    },
  ),
  trust: Type.Array(Type.String({ pattern: '^[A-Za-z0-9-]+\\.[^\\s*]+$', maxLength: 200 }), {
    default: [],
    maxItems: 100,
    description: 'Settings of the repository that may name programs all the same, such as `filter.lfs`.',
  }),
});

/** As the host's file has it, so that a problem is found at its line. */
export const ConfigSchema = Type.Object({ project: Type.Optional(Project), git: Type.Optional(Git) });

export type GitConfig = Infer<typeof ConfigSchema>;
