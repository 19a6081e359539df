import { withDeadline } from './deadline.ts';
import type { Timers } from './deadline.ts';
import { ScopeClosed } from './errors.ts';

type Release = () => void | Promise<void>;

/** Owns what somebody opened: released last-first, each within a deadline, even when one throws or hangs. */
export class Scope implements AsyncDisposable {
  readonly #releases: { readonly label: string; readonly release: Release }[] = [];
  readonly #clock: Timers;
  readonly #deadlineMs: number;
  #closing: Promise<readonly unknown[]> | undefined;

  constructor(clock: Timers, deadlineMs = 5_000) {
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
  }

  /** Adds a release. Throws `E_BUG_SCOPE_CLOSED` after {@link close}, because what it owns would leak. */
  defer(label: string, release: Release): void {
    if (this.#closing !== undefined) throw ScopeClosed({ label });
    this.#releases.push({ label, release });
  }

  /** Idempotent. Resolves with what went wrong, never rejects: a failing release must not keep the others open. */
  close(): Promise<readonly unknown[]> {
    return (this.#closing ??= this.#run());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(): Promise<readonly unknown[]> {
    const failures: unknown[] = [];
    for (const { label, release } of this.#releases.toReversed()) {
      try {
        await withDeadline(this.#clock, Promise.resolve(release()), this.#deadlineMs, label);
      } catch (error) {
        failures.push(new Error(`releasing "${label}" failed`, { cause: error }));
      }
    }
    return failures;
  }
}
