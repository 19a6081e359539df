/** The last bytes of what was pushed, as text; how much came before them is told, never kept. Takes the same room however small the pieces. */
export class LastText {
  readonly #ring: Uint8Array;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#ring = new Uint8Array(maxBytes);
  }

  /** Keeps a copy: a piece is part of a larger buffer. */
  push(piece: Uint8Array): void {
    const ring = this.#ring;
    const last = piece.subarray(-ring.length);
    const at = (this.#bytes + piece.length - last.length) % ring.length;
    const beforeEnd = last.subarray(0, ring.length - at);
    ring.set(beforeEnd, at);
    ring.set(last.subarray(beforeEnd.length));
    this.#bytes += piece.length;
  }

  text(): string {
    const ring = this.#ring;
    const decoder = new TextDecoder();
    if (this.#bytes <= ring.length) return decoder.decode(ring.subarray(0, this.#bytes));
    const start = this.#bytes % ring.length;
    const kept = fromCharacter(Buffer.concat([ring.subarray(start), ring.subarray(0, start)]));
    return `[… ${this.#bytes - ring.length} bytes before this …]\n${decoder.decode(kept)}`;
  }
}

/** A character that was cut in two is left out. */
function fromCharacter(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return start === -1 ? bytes : bytes.subarray(start);
}
