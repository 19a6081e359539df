import { openSync, readFileSync, writeSync } from 'node:fs';

const OWN_SCORE = '/proc/self/oom_score_adj';
/** Above everything an ordinary service starts with: what a command eats, the command pays for (D12). */
const CHILD_SCORE = 500;

interface OwnScore {
  /** Open for writing as long as this process lives: a start costs two system calls. */
  readonly file: number;
  readonly score: number;
}

let ownScore: OwnScore | 'none' | undefined;

/**
 * Starts a child that the kernel ends before the agent when memory runs out. A child inherits its score with its first
 * instruction, so the agent takes it on for the moment of the start, and goes back. `start` must be synchronous.
 */
export function withChildOomScore<T>(start: () => T): T {
  const own = (ownScore ??= openOwnScore());
  if (own === 'none' || !write(own.file, CHILD_SCORE)) return start();
  try {
    return start();
  } finally {
    write(own.file, own.score);
  }
}

/** `none` where the system has no such thing, or this process already goes that early. */
function openOwnScore(): OwnScore | 'none' {
  try {
    const score = Number(readFileSync(OWN_SCORE, 'latin1'));
    return score >= CHILD_SCORE ? 'none' : { file: openSync(OWN_SCORE, 'w'), score };
  } catch (error) {
    if (error instanceof Error && 'code' in error) return 'none';
    throw error;
  }
}

function write(file: number, score: number): boolean {
  try {
    writeSync(file, String(score), 0, 'latin1');
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false;
    throw error;
  }
}
