import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const PRLIMIT = '/usr/bin/prlimit';

/** Switches core dumps of this process off, and of what it starts: they would hold its keys (SEC-168). Undefined, or why not. */
export function forbidCoreDumps(): string | undefined {
  if (coreLimit() === '0') return undefined;
  try {
    execFileSync(PRLIMIT, ['--pid', String(process.pid), '--core=0'], { env: {}, stdio: 'ignore', timeout: 5_000 });
  } catch {
    // The limit itself tells.
  }
  const left = coreLimit();
  return left === '0' ? undefined : `a core dump of this process could be written (limit ${left}); start it after: ulimit -c 0`;
}

/** The soft limit as `/proc` tells it; `unknown` where it does not. */
function coreLimit(): string {
  try {
    const [, soft = 'unknown'] = /^Max core file size\s+(\S+)/mu.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return 'unknown';
    throw error;
  }
}
