import { readFileSync, readdirSync } from 'node:fs';

/** Kept free for the agent's own socket, its store and its files, and the moment in which a process starts (SEC-185). */
const RESERVE = 20;

/** While so many more are free, the next processes start without another count: each takes six, and a count is 1 % of a start. */
const PLENTY = 400;
const STARTS_PER_COUNT = 16;

let startsUntilCounted = 0;

/** Why no process may be started now: so few file descriptors are left that the agent needs them itself. */
export function descriptorShortage(): string | undefined {
  if (startsUntilCounted > 0) {
    startsUntilCounted -= 1;
    return undefined;
  }
  const limit = softLimit();
  if (limit === undefined) return undefined;
  try {
    const open = readdirSync('/proc/self/fd').length;
    if (open + RESERVE + PLENTY <= limit) startsUntilCounted = STARTS_PER_COUNT;
    return open + RESERVE > limit ? shortage(`${open} of ${limit} file descriptors are open`) : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return shortage(String(error.code));
    throw error;
  }
}

/** Whether an error of the system says that there is none left, in this process or on the host. */
function isDescriptorShortage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EMFILE' || error.code === 'ENFILE');
}

function shortage(found: string): string {
  return `the agent has no file descriptors to spare for a process (${found}); send the command again later, or raise LimitNOFILE= of its unit\n`;
}

/** Undefined where there is none, or where the system does not tell. */
function softLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/mu.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch (error) {
    if (isDescriptorShortage(error)) return 0;
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
