/** Whether a reading is out of date: what happened while it was read counts as not read. */
export class Staleness {
  #isStale = false;
  #isHeard = false;

  get isStale(): boolean {
    return this.#isStale || !this.#isHeard;
  }

  /** Whether somebody would mark it. Of what nobody marks every reading is out of date. */
  heard(isHeard: boolean): void {
    this.#isHeard = isHeard;
  }

  mark(): void {
    this.#isStale = true;
  }

  /** Reads; whatever is marked from its beginning on stays marked, and all of it when reading fails. */
  async during<T>(read: () => Promise<T>): Promise<T> {
    this.#isStale = false;
    try {
      return await read();
    } catch (error) {
      this.#isStale = true;
      throw error;
    }
  }
}
