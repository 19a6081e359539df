/** How many results of one function are known at once; each is asked about right after it came. */
const KEPT = 8;

/**
 * What a plugin said of a value when it gave it: the kernel asks at once, and no process can answer at once. Found by identity, or by
 * value for texts and numbers, of which the answer depends alone.
 */
export class Attached<T> {
  readonly #known: { readonly value: unknown; readonly said: T }[] = [];

  keep(value: unknown, said: T): void {
    this.#known.push({ value, said });
    if (this.#known.length > KEPT) this.#known.shift();
  }

  of(value: unknown): T | undefined {
    return this.#known.findLast((known) => Object.is(known.value, value))?.said;
  }
}
