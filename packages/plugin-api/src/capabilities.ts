import type { AbsolutePath } from './schema.ts';
import type { Effect } from './command.ts';

/** What a plugin asks for. The operator's TOML grants; anything not in both is refused. */
export interface Capabilities {
  /** Binaries it may run, exact paths. */
  readonly exec?: readonly AbsolutePath[];
  /** Origins it may talk to: `http://127.0.0.1:3903`, `unix:/run/docker.sock`. */
  readonly http?: readonly string[];
  readonly read?: readonly AbsolutePath[];
  readonly write?: readonly AbsolutePath[];
  /** The strongest effect any of its commands may have. */
  readonly commands?: Effect;
  /** It may veto commands, others' too. */
  readonly gate?: true;
  /** It may read what other plugins' log sources give. */
  readonly consumeLogs?: true;
}

const STRENGTH: Readonly<Record<Effect, number>> = { read: 0, write: 1, destructive: 2 };

/** True when `effect` is no stronger than `limit`; no limit allows nothing. */
export function effectWithin(effect: Effect, limit: Effect | undefined): boolean {
  return limit !== undefined && STRENGTH[effect] <= STRENGTH[limit];
}
