import { writeFileSync, readFileSync } from 'node:fs';

const OWN_SCORE = '/proc/self/oom_score_adj';
/** Above everything an ordinary service starts with: what a command eats, the command pays for (D12). */
const CHILD_SCORE = 500;

/**
 * Starts a child that the kernel ends before the agent when memory runs out. A child inherits its score with its first
 * instruction, so the agent takes it on for the moment of the start, and goes back. `start` must be synchronous.
 */
export function withChildOomScore<T>(start: () => T): T {
  const own = readScore();
  if (own === undefined || own >= CHILD_SCORE || !writeScore(CHILD_SCORE)) return start();
  try {
    return start();
  } finally {
    writeScore(own);
  }
}

/** Undefined where the system has no such thing. */
function readScore(): number | undefined {
  try {
    return Number(readFileSync(OWN_SCORE, 'latin1'));
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function writeScore(score: number): boolean {
  try {
    writeFileSync(OWN_SCORE, String(score));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
