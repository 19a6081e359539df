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

/** Waits until an agent whose store is new takes commands. `startedAt` is of `performance.now()`. */
export async function untilFloorPassed(startedAt: number): Promise<void> {
  await until('the first seconds of the nonce store', 2 * FLOOR_MS, () =>
    Promise.resolve(performance.now() - startedAt > FLOOR_MS ? true : undefined),
  );
}
