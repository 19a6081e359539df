import { closeSync, openSync, readSync } from 'node:fs';
import { MetricsStopped, ProcUnreadable } from '../errors.ts';

const FIRST_BYTES = 16 * 1024;
/** No file read here comes near it; what does is no file of the kernel. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * Reads small kernel files through one buffer. Files named to `read` stay open, so that a sample costs one or two system
 * calls a file; the kernel writes them anew when they are read from the start.
 */
export class ProcReader {
  readonly #open = new Map<string, number>();
  #buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #closed = false;

  /** The text of `file` now. Throws `E_METRICS_PROC_UNREADABLE`, `E_METRICS_STOPPED`. */
  read(file: string): string {
    this.#assertRunning();
    const again = this.#reread(file);
    if (again !== undefined) return again;
    try {
      const descriptor = openSync(file, 'r');
      this.#open.set(file, descriptor);
      return this.#readAll(descriptor);
    } catch (cause) {
      throw unreadable(file, cause);
    }
  }

  /** Like `read`, for files that come and go: nothing stays open. */
  readOnce(file: string): string {
    this.#assertRunning();
    try {
      const descriptor = openSync(file, 'r');
      try {
        return this.#readAll(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (cause) {
      throw unreadable(file, cause);
    }
  }

  /** Closes one file; reading it again opens it again. */
  release(file: string): void {
    const descriptor = this.#open.get(file);
    this.#open.delete(file);
    if (descriptor !== undefined) closeSync(descriptor);
  }

  close(): void {
    this.#closed = true;
    for (const descriptor of this.#open.values()) closeSync(descriptor);
    this.#open.clear();
  }

  #assertRunning(): void {
    if (this.#closed) throw MetricsStopped({});
  }

  /** Undefined when it is not open, or went stale, as a file of lxcfs does when that restarts; it is then opened anew. */
  #reread(file: string): string | undefined {
    const descriptor = this.#open.get(file);
    if (descriptor === undefined) return undefined;
    try {
      return this.#readAll(descriptor);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.release(file);
      return undefined;
    }
  }

  /** One read may bring only a part, whatever its size: the end is where nothing comes. */
  #readAll(descriptor: number): string {
    let length = 0;
    for (;;) {
      if (length === this.#buffer.length) this.#grow();
      const count = readSync(descriptor, this.#buffer, length, this.#buffer.length - length, length);
      if (count === 0) return this.#buffer.toString('utf8', 0, length);
      length += count;
    }
  }

  #grow(): void {
    if (this.#buffer.length >= MAX_BYTES) throw new RangeError(`more than ${MAX_BYTES} bytes`);
    const larger = Buffer.allocUnsafeSlow(this.#buffer.length * 2);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

function unreadable(file: string, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return ProcUnreadable({ file, code }, { cause });
}
