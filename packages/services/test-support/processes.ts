import { readFileSync, readdirSync } from 'node:fs';
import type { Clock } from '@stormpulse/kernel';

/** A clock whose timers fire `times` sooner, so that a test of a deadline of seconds takes less. */
export function hurriedClock(times = 10): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after(ms, fire) {
      const timer = setTimeout(fire, ms / times);
      return () => clearTimeout(timer);
    },
  };
}

/** Living processes with this text in their environment, ours left out; a zombie has no environment. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name) && Number(name) !== process.pid)
    .filter((pid) => environmentOf(pid).includes(text))
    .map(Number);
}

/** Kills them, if they did not end since they were looked for. */
export function endProcessesWith(text: string): void {
  for (const pid of processesWith(text)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

/** Nothing when it ended meanwhile. */
function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return '';
    throw error;
  }
}
