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
