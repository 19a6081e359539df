import { overlaps } from './char-set.ts';
import { childrenOf } from './pattern-node.ts';
import type { PatternNode } from './pattern-node.ts';
import { PatternRefusal } from './pattern-refusal.ts';
import { positionsOf } from './positions.ts';
import type { Positions } from './positions.ts';

/** What is looked at of one loop; beyond it the pattern is refused. */
const MAX_POSITIONS = 2_000;
const MAX_PAIRS = 100_000;
/** From so many rounds on, a bounded repeat is as bad as an unbounded one. */
const MANY_ROUNDS = 8;
const NONE: ReadonlySet<number> = new Set();

/**
 * Refuses a repeat of many rounds that can read one text in two ways, because every round would then double the work: two states
 * that one text leads to from a common state, and back to a common one (SEC-114). Throws `PatternRefusal`.
 */
export function assertOneReading(node: PatternNode): void {
  if (node.kind !== 'repeat' || node.max < MANY_ROUNDS) {
    for (const child of childrenOf(node)) assertOneReading(child);
    return;
  }
  const positions = positionsOf({ ...node, min: Math.min(1, node.min), max: Infinity }, MAX_POSITIONS);
  const verdict = positions === undefined ? 'too large' : readings(positions);
  if (verdict === 'one') return;
  const problem =
    verdict === 'two' ? 'can read one text in two ways, which can take exponential time' : 'is too large to be checked';
  throw new PatternRefusal(
    'ambiguous',
    `${problem}, at ${node.text}`,
    'make the optional parts match different characters, or bound the repeat',
  );
}

/** Walks pairs of different states that the same text leads to. */
function readings({ sets, follow }: Positions): 'one' | 'two' | 'too large' {
  const seen = new Set<number>();
  const pending: (readonly [number, number])[] = [];
  const reach = (nextA: ReadonlySet<number>, nextB: ReadonlySet<number>): void => {
    for (const a of nextA) {
      for (const b of nextB) {
        const key = a * sets.length + b;
        if (a >= b || seen.has(key) || !overlaps(sets[a] ?? [], sets[b] ?? [])) continue;
        seen.add(key);
        pending.push([a, b]);
      }
    }
  };
  for (const next of follow) reach(next, next);
  for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
    if (seen.size > MAX_PAIRS) return 'too large';
    const [nextA = NONE, nextB = NONE] = [follow[pair[0]], follow[pair[1]]];
    if ([...nextA].some((state) => nextB.has(state))) return 'two';
    reach(nextA, nextB);
    reach(nextB, nextA);
  }
  return 'one';
}
