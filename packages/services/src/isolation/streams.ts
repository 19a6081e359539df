/** One pull: what was ready, and whether that was all. */
interface Pulled {
  readonly items: readonly unknown[];
  readonly done: boolean;
}

const MAX_OPEN = 64;
const MAX_ITEMS = 500;
const MAX_CHARS = 1_048_576;

/** Iterations that the other side reads by id, many items a pull: it asks, this side runs ahead of it by one pull at most. */
export class StreamServer {
  readonly #streams = new Map<number, Pump>();
  #lastId = 0;

  /** `onEnd`: its reader stopped early. */
  open(items: AsyncIterable<unknown>, onEnd: () => void = () => undefined): number {
    if (this.#streams.size >= MAX_OPEN)
      throw new Error(`more than ${MAX_OPEN} iterations are open; end them before you open others`);
    const id = (this.#lastId += 1);
    this.#streams.set(id, new Pump(items[Symbol.asyncIterator](), onEnd));
    return id;
  }

  /** Rejects with what the iteration threw. With the signal it answers at once, and loses nothing. */
  async next(id: unknown, signal?: AbortSignal): Promise<Pulled> {
    const pump = this.#streams.get(id as number);
    if (pump === undefined) return { items: [], done: true };
    try {
      const pulled = await pump.pull(signal);
      if (pulled.done) this.#streams.delete(id as number);
      return pulled;
    } catch (error) {
      this.#streams.delete(id as number);
      throw error;
    }
  }

  async end(id: unknown): Promise<void> {
    const pump = this.#streams.get(id as number);
    this.#streams.delete(id as number);
    await pump?.end();
  }

  /** Whoever read them is gone. */
  endAll(): void {
    for (const id of this.#streams.keys()) this.end(id).catch(() => undefined);
  }
}

class Pump {
  readonly #iterator: AsyncIterator<unknown>;
  readonly #onEnd: () => void;
  #items: unknown[] = [];
  #chars = 0;
  #over: { readonly error?: unknown } | undefined;
  #running = false;
  #wake: () => void = () => undefined;

  constructor(iterator: AsyncIterator<unknown>, onEnd: () => void) {
    this.#iterator = iterator;
    this.#onEnd = onEnd;
  }

  async pull(signal?: AbortSignal): Promise<Pulled> {
    if (!this.#running && this.#over === undefined) void this.#pump();
    if (this.#items.length === 0 && this.#over === undefined)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    const items = this.#items;
    this.#items = [];
    this.#chars = 0;
    if (items.length === 0 && this.#over !== undefined && 'error' in this.#over) throw this.#over.error;
    return { items, done: this.#over !== undefined && !('error' in this.#over) };
  }

  async end(): Promise<void> {
    this.#over ??= {};
    this.#wake();
    this.#onEnd();
    await this.#iterator.return?.();
  }

  async #pump(): Promise<void> {
    this.#running = true;
    try {
      while (this.#over === undefined && this.#items.length < MAX_ITEMS && this.#chars < MAX_CHARS) {
        const { value, done } = await this.#iterator.next();
        if (done === true) this.#over = {};
        else this.#add(value);
        this.#wake();
      }
    } catch (error) {
      this.#over = { error };
      this.#wake();
    } finally {
      this.#running = false;
    }
  }

  #add(item: unknown): void {
    this.#items.push(item);
    this.#chars += JSON.stringify(item)?.length ?? 0;
  }
}

/** Reads an iteration of the other side. `end` is called when the reader stops early. */
export async function* pulled<T>(
  open: () => Promise<unknown>,
  next: (id: unknown) => Promise<unknown>,
  end: (id: unknown) => Promise<unknown>,
): AsyncGenerator<T> {
  const id = await open();
  let done = false;
  try {
    while (!done) {
      const pull = (await next(id)) as Partial<Pulled> | undefined;
      if (!Array.isArray(pull?.items)) throw new Error('the other side answered a pull with no items');
      done = pull.done === true;
      yield* pull.items as T[];
    }
  } finally {
    if (!done) await end(id).catch(() => undefined);
  }
}
