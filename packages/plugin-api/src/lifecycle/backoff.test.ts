import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBackoff, refusedWaitMs } from './backoff.ts';

const MIN = 3_000;
const MAX = 60_000;

/** A small seeded generator, so that a failure repeats. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('SEC-006', () => {
  test('1,000 agents after a hub restart: no second takes more than 8 %, all are back within 60 s', () => {
    const random = seeded(7);
    const returns = Array.from({ length: 1_000 }, () => createBackoff({ minMs: MIN, maxMs: MAX, random }).next());
    const perSecond = new Map<number, number>();
    for (const ms of returns) perSecond.set(Math.floor(ms / 1_000), (perSecond.get(Math.floor(ms / 1_000)) ?? 0) + 1);
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(80);
    expect(Math.max(...returns)).toBeLessThanOrEqual(60_000);
    expect(Math.min(...returns)).toBeGreaterThanOrEqual(MIN);
  });

  test('D4, D5: the first wait lies in [min, 10 x min], later ones in [min, 3 x previous], never above max', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 20 }),
        (draws) => {
          let index = 0;
          const backoff = createBackoff({ minMs: MIN, maxMs: MAX, random: () => draws[index++ % draws.length] ?? 0 });
          let previous: number | undefined;
          for (let attempt = 0; attempt < 12; attempt += 1) {
            const wait = backoff.next();
            const ceiling = Math.min(MAX, previous === undefined ? 10 * MIN : Math.max(MIN, 3 * previous));
            if (wait < MIN || wait > ceiling) return false;
            previous = wait;
          }
          return true;
        },
      ),
    );
  });

  test('D6: only a connection that lasted at least max resets the wait', () => {
    const high = createBackoff({ minMs: MIN, maxMs: MAX, random: () => 0.999 });
    const first = high.next();
    const second = high.next();
    expect(second).toBeGreaterThan(first);
    high.lasted(MAX - 1);
    expect(high.next()).toBeGreaterThan(first);
    high.lasted(MAX);
    expect(high.next()).toBe(first);
  });

  test('a refusal that will not mend itself waits 300 to 900 s', () => {
    expect(refusedWaitMs(() => 0)).toBe(300_000);
    expect(refusedWaitMs(() => 1)).toBe(900_000);
  });
});
