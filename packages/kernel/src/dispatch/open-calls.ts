/** A request or a sequence that waits or runs. */
export interface OpenCall {
  /** What the hub may call it by. */
  readonly ids: readonly string[];
  /** Whose commands are in it. */
  readonly plugins: readonly string[];
  readonly stop: AbortController;
  readonly run: () => Promise<void>;
}

/** What was taken and has not ended. */
export class OpenCalls {
  readonly #all = new Set<OpenCall>();
  readonly #waiting: (() => void)[] = [];

  /** Is one of them until it has run. */
  add({ run, ...rest }: OpenCall): OpenCall {
    const call: OpenCall = { ...rest, run: () => run().finally(() => this.remove(call)) };
    this.#all.add(call);
    return call;
  }

  remove(call: OpenCall): void {
    this.#all.delete(call);
    for (const tell of this.#waiting.splice(0)) tell();
  }

  calledBy(id: string): readonly OpenCall[] {
    return [...this.#all].filter(({ ids }) => ids.includes(id));
  }

  abortAll(reason: unknown): void {
    for (const { stop } of this.#all) stop.abort(reason);
  }

  /** Resolves when nothing of a plugin is among them. */
  async whenIdle(plugin: string): Promise<void> {
    while ([...this.#all].some(({ plugins }) => plugins.includes(plugin)))
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
  }
}
