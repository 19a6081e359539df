import { readFileSync, writeFileSync } from 'node:fs';

const OWN_SCORE = '/proc/self/oom_score_adj';
/** Above everything an ordinary service starts with: what a command eats, the command pays for (D12). */
const CHILD_SCORE = 500;

/** Read once; kept open, the file would be a descriptor less for the agent (SEC-185). */
let ownScore: number | 'none' | undefined;

/**
 * Starts a child that the kernel ends before the agent when memory runs out. A child inherits its score with its first
 * instruction, so the agent takes it on for the moment of the start, and goes back. `start` must be synchronous.
 */
export function withChildOomScore<T>(start: () => T): T {
  const own = (ownScore ??= readOwnScore());
  if (own === 'none' || !write(CHILD_SCORE)) return start();
  try {
    return start();
  } finally {
    write(own);
  }
}

/** `none` where the system has no such thing, or this process already goes that early. */
function readOwnScore(): number | 'none' {
  try {
    const score = Number(readFileSync(OWN_SCORE, 'latin1'));
    return score >= CHILD_SCORE ? 'none' : score;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return 'none';
    throw error;
  }
}

function write(score: number): boolean {
  try {
    writeFileSync(OWN_SCORE, String(score));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
