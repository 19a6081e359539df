import { Type } from '@stormpulse/sdk';
import type { AbsolutePath, Infer } from '@stormpulse/sdk';

/** `[signoff]`; without it the hatch is there as well, closed. */
const Signoff = Type.Object({
  accept_same_user: Type.Boolean({
    default: false,
    description: 'The user that the agent runs as may open the hatch: weaker, and needed in user mode, where there is no other.',
  }),
  let_running_finish: Type.Boolean({
    default: false,
    description: 'A block that runs when the hatch is closed may run to its end.',
  }),
});

export const ConfigSchema = Type.Object({
  signoff: Type.Optional(Signoff),
  state_folder: Type.Unsafe<AbsolutePath>(
    Type.String({ pattern: '^/', description: "The folder of the agent's database; the agent fills it in." }),
  ),
});

export type SignoffConfig = Infer<typeof ConfigSchema>;
