/** SEC-121: from the polite signal to the final one. */
export const KILL_AFTER_MS = 5_000;

/** Signals every process of the group that `pid` leads; a group that is gone already is no error. */
export function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
