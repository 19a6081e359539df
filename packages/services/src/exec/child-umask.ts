import { withChildOomScore } from './child-oom-score.ts';

/** v1's umask for children: 077 breaks deploys (D1). */
const CHILD_UMASK = 0o022;

/** Starts a child with the children's umask; `start` must be synchronous, since the mask is the whole process's. */
export function withChildUmask<T>(start: () => T): T {
  const before = process.umask(CHILD_UMASK);
  try {
    return withChildOomScore(start);
  } finally {
    process.umask(before);
  }
}
