/** SEC-122: kept of each stream, half from its head and half from its tail. */
const KEEP_BYTES = 256 * 1024;
const HALF = KEEP_BYTES / 2;
/** A chunk costs some 400 bytes beside what it holds, and a child may write byte by byte: this many are made one. */
const MAX_PIECES = 256;

/** Takes any amount of output and keeps a bounded part of it, with true counts. */
export class CappedOutput {
  #head: Buffer[] = [];
  #headBytes = 0;
  #tail: Buffer[] = [];
  #tailBytes = 0;
  #total = 0;

  push(chunk: Buffer): void {
    this.#total += chunk.length;
    const room = HALF - this.#headBytes;
    const first = chunk.subarray(0, room);
    if (first.length > 0) {
      this.#head.push(first);
      this.#headBytes += first.length;
      if (this.#head.length > MAX_PIECES) this.#head = [Buffer.concat(this.#head)];
    }
    const rest = chunk.subarray(first.length);
    if (rest.length > 0) this.#pushTail(rest);
  }

  get truncated(): boolean {
    return this.#total > KEEP_BYTES;
  }

  /** UTF-8 with replacement, line ends as v1 sends them, a marker where something is left out. */
  text(): string {
    const head = Buffer.concat(this.#head);
    const tail = Buffer.concat(this.#tail);
    if (!this.truncated) return decode(Buffer.concat([head, tail]));
    const kept = tail.subarray(tail.length - HALF);
    const left = this.#total - head.length - kept.length;
    return `${decode(head)}\n[… ${left} of ${this.#total} bytes left out …]\n${decode(kept)}`;
  }

  #pushTail(chunk: Buffer): void {
    this.#tail.push(chunk);
    this.#tailBytes += chunk.length;
    // Compacts at twice the size, so that a flood costs one copy a byte and never more than a chunk beyond it.
    if (this.#tailBytes <= 2 * HALF && this.#tail.length <= MAX_PIECES) return;
    const kept = Buffer.from(Buffer.concat(this.#tail).subarray(-HALF));
    this.#tail = [kept];
    this.#tailBytes = kept.length;
  }
}

function decode(bytes: Buffer): string {
  return bytes.toString('utf8').replaceAll(/\r\n?/gu, '\n');
}
