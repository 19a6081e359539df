/** SEC-121: from the polite signal to the final one. */
export const KILL_AFTER_MS = 5_000;
/** How long output may still arrive after the program itself ended: a process it left behind may hold the pipe. */
export const DRAIN_MS = 200;

/**
 * Signals every process of the group that `pid` leads. A group that is gone is no error, and one that belongs to another
 * user (a command that became root through sudo) cannot be signalled: its caller must not wait for it.
 */
export function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
