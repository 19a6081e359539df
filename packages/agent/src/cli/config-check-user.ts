import { statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';

/** Whose eyes a check looks with: what the agent's user may read is not what root may. */
export interface AgentUser {
  readonly uid: number;
  readonly gid: number;
  /** Does `work` with that user's rights. */
  readonly look: <T>(work: () => T) => T;
}

/** The user the agent runs as: for root the owner of the state folder, for everybody else themselves. */
export function agentUser(databasePath: unknown): AgentUser {
  const own = process.geteuid?.() ?? -1;
  const folder = typeof databasePath === 'string' ? stateFolder(databasePath) : undefined;
  if (own !== 0 || folder === undefined || folder.uid === 0)
    return { uid: own, gid: process.getegid?.() ?? -1, look: (work) => work() };
  return { uid: folder.uid, gid: folder.gid, look: (work) => lookAs(folder.uid, folder.gid, work) };
}

/** Undefined where there is none to look at; the check tells that. */
function stateFolder(databasePath: string): Stats | undefined {
  try {
    return statSync(dirname(databasePath));
  } catch {
    return undefined;
  }
}

function lookAs<T>(uid: number, gid: number, work: () => T): T {
  const groups = process.getgroups?.() ?? [];
  const group = process.getegid?.() ?? 0;
  process.setgroups?.([gid]);
  process.setegid?.(gid);
  process.seteuid?.(uid);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(group);
    process.setgroups?.(groups);
  }
}
