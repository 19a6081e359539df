import type { Clock } from '@stormpulse/kernel';
import { signalMarked } from './leftovers.ts';
import type { CallMark } from './leftovers.ts';

/** SEC-121: from the polite signal to the final one. */
export const KILL_AFTER_MS = 5_000;
/** How long output may still arrive after the program itself ended: a process it left behind may hold the pipe. */
export const DRAIN_MS = 200;
/** What forks while it is being killed is looked for again, this often at most. */
const SWEEPS = 10;
const SWEEP_MS = 50;

/** Asks a child, its group and whatever left the group to end. */
export function askToEnd(pid: number, mark: CallMark): void {
  signalGroup(pid, 'SIGTERM');
  signalMarked(mark, pid, 'SIGTERM');
}

/** Ends them, and what they may have started meanwhile. Returns at once. */
export function killCall(pid: number, mark: CallMark, clock: Pick<Clock, 'after'>, sweeps = SWEEPS): void {
  signalGroup(pid, 'SIGKILL');
  if (signalMarked(mark, pid, 'SIGKILL') > 0 && sweeps > 1) clock.after(SWEEP_MS, () => killCall(pid, mark, clock, sweeps - 1));
}

/**
 * Signals every process of the group that `pid` leads. A group that is gone is no error, and one that belongs to another
 * user (a command that became root through sudo) cannot be signalled: its caller must not wait for it.
 */
function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
