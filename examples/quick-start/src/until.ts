/** Asks again until the answer is there. Rejects with `what` after `ms`. */
export async function until<T>(what: string, ms: number, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = performance.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${ms / 1_000} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A new nonce store takes no command dated within its first 5 s (SEC-063). */
const FLOOR_MS = 5_500;

/** Waits until an agent whose store is new takes commands; it was opened at `openedAt` of `performance.now()`, or before. */
export async function untilFloorPassed(openedAt: number): Promise<void> {
  await until('the first seconds of the nonce store', 2 * FLOOR_MS, () =>
    Promise.resolve(performance.now() - openedAt > FLOOR_MS ? true : undefined),
  );
}
