import type { WireMessage } from './v1-wire.ts';

/** Only a failure takes all of it, so a loaded machine may be slow. */
const PATIENCE_MS = 40_000;

/** Every message received, in order, and a way to wait for one. */
export class Inbox {
  readonly messages: WireMessage[] = [];
  readonly #waiting = new Set<() => void>();

  push(message: WireMessage): void {
    this.messages.push(message);
    this.#waiting.forEach((check) => check());
  }

  of(type: string): WireMessage[] {
    return this.messages.filter((message) => message.type === type);
  }

  /** The first message that fits, received already or still to come. Rejects after `ms`, naming `what` and what came. */
  async until(what: string, fits: (message: WireMessage) => boolean, ms = PATIENCE_MS): Promise<WireMessage> {
    return await new Promise((resolve, reject) => {
      const check = (): void => {
        const found = this.messages.find(fits);
        if (found === undefined) return;
        this.#waiting.delete(check);
        clearTimeout(timer);
        resolve(found);
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`waited ${ms} ms for ${what}; came: ${this.messages.map(({ type }) => type).join(' ')}`));
      }, ms);
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves once `count` messages of a type are there. */
  async count(type: string, count: number, ms = PATIENCE_MS): Promise<WireMessage[]> {
    await this.until(`${count} x ${type}`, () => this.of(type).length >= count, ms);
    return this.of(type);
  }
}
