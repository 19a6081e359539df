import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { quietly } from './quietly.ts';

const PRLIMIT = '/usr/bin/prlimit';

/**
 * Sets the core limit of this process to 0 unless it is: every child inherits it, so that no command pays for it (SEC-124,
 * SEC-168). Answers a sentence when that was not possible.
 */
export function preventCoreDumps(): string | undefined {
  if (coreLimit() === '0') return undefined;
  const { status } = spawnSync(PRLIMIT, ['--pid', String(process.pid), '--core=0'], { env: {}, stdio: 'ignore', shell: false });
  if (status === 0) return undefined;
  return `a crash may leave memory with keys in a core file: ${PRLIMIT} did not set the limit; install util-linux, or start the agent with LimitCORE=0`;
}

/** The soft limit; `0` where the system does not say. */
function coreLimit(): string {
  const limits = quietly(() => readFileSync('/proc/self/limits', 'utf8'));
  return /^Max core file size\s+(\S+)/mu.exec(limits ?? '')?.[1] ?? '0';
}
