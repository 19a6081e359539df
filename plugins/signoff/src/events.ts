import { Type, defineEvent } from '@stormpulse/sdk';

/** The opening that is in force from this start of the agent on. */
export const hatchOpened = defineEvent(
  'signoff.hatch_opened',
  Type.Object({ opening: Type.String(), by: Type.String(), why: Type.String(), until: Type.String() }),
  { audited: true },
);

export const hatchClosed = defineEvent('signoff.hatch_closed', Type.Object({ opening: Type.String(), why: Type.String() }), {
  audited: true,
});

/** A block was let through; the record of the command itself holds its text. */
export const hatchUsed = defineEvent('signoff.hatch_used', Type.Object({ command: Type.String(), command_ref: Type.String() }));
