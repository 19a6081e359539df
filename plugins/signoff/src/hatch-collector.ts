import { Type, collector } from '@stormpulse/sdk';
import type { Logger } from '@stormpulse/sdk';
import type { HatchGuard } from './guard.ts';
import type { HatchState } from './hatch.ts';

const State = Type.Object({
  sealed: Type.Boolean(),
  /** v1's time of the opening. */
  unsealed_since: Type.Union([Type.String(), Type.Null()]),
  closes_at: Type.Union([Type.String(), Type.Null()]),
  by: Type.String(),
  why: Type.String(),
});

/** As v1 warns (wire page, 9.4). */
const WARN_EVERY_MS = 300_000;

/** Looks at the files with each push, tells the hub when the hatch has changed, and warns while it is open. */
export function hatchCollector(guard: HatchGuard, logger: Logger) {
  let warnedAt = Number.NEGATIVE_INFINITY;
  const nag = (state: HatchState): void => {
    if (state.sealed) warnedAt = Number.NEGATIVE_INFINITY;
    if (state.sealed || Math.abs(Date.now() - warnedAt) < WARN_EVERY_MS) return;
    warnedAt = Date.now();
    const { openedAt, expiresAt, by } = state.opening;
    const minutes = Math.trunc((Date.now() - openedAt) / 60_000);
    logger.warn(
      { by, minutes, closes_at: new Date(expiresAt).toISOString() },
      'the hatch of this host is open: its hub can run any shell text; close it with stormpulse signoff seal',
    );
  };
  return collector({
    id: 'hatch',
    every: 'push',
    state: State,
    collect: () => {
      const state = guard.look();
      nag(state);
      return Promise.resolve(asState(state));
    },
    v1Signoff: ({ sealed, unsealed_since }) => ({ signoff_sealed: sealed, unsealed_since }),
  });
}

function asState(state: HatchState) {
  if (state.sealed) return { sealed: true, unsealed_since: null, closes_at: null, by: '', why: state.why };
  const { by, why, expiresAt } = state.opening;
  return { sealed: false, unsealed_since: state.unsealedSince, closes_at: new Date(expiresAt).toISOString(), by, why };
}
