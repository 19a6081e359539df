/** The last bytes of what was pushed, as text; how much came before them is told, never kept. */
export class LastText {
  readonly #maxBytes: number;
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Keeps a copy: a piece is part of a larger buffer. */
  push(piece: Uint8Array): void {
    this.#pieces.push(piece.slice(-this.#maxBytes));
    this.#bytes += piece.length;
    while (this.#bytes - this.#dropped - (this.#pieces[0]?.length ?? 0) >= this.#maxBytes)
      this.#dropped += this.#pieces.shift()?.length ?? 0;
  }

  text(): string {
    const kept = Buffer.concat(this.#pieces).subarray(-this.#maxBytes);
    const before = this.#bytes - kept.length;
    const text = new TextDecoder().decode(before === 0 ? kept : fromCharacter(kept));
    return before === 0 ? text : `[… ${before} bytes before this …]\n${text}`;
  }
}

/** A character that was cut in two is left out. */
function fromCharacter(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => (byte & 0xc0) !== 0x80);
  return start === -1 ? bytes : bytes.subarray(start);
}
