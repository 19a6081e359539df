const SECRET = '[secret]';

/** Makes text of the bytes of one stream as they come, as a result has it: UTF-8 with replacement, v1's line ends, no secrets. */
export class OutputText {
  // A byte order mark stays, as in the result.
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Longest first. */
  readonly #secrets: readonly string[];
  /** As many characters as the longest secret has, less one, may be the beginning of a secret. */
  readonly #holdBack: number;
  #held = '';

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.toSorted((a, b) => b.length - a.length);
    this.#holdBack = Math.max(0, (this.#secrets[0]?.length ?? 0) - 1);
  }

  /** What may be told now. The rest waits for the next bytes: half a character, half a line end, what may be half a secret. */
  push(chunk: Uint8Array): string {
    const text = (this.#held + this.#decoder.decode(chunk, { stream: true })).replaceAll(/\r\n|\r(?!$)/gu, '\n');
    const end = wholeCharacters(text, text.length - Math.max(this.#holdBack, text.endsWith('\r') ? 1 : 0));
    let told = '';
    let at = 0;
    for (let found = this.#find(text, at); found !== undefined && found.index < end; found = this.#find(text, at)) {
      told += text.slice(at, found.index) + SECRET;
      at = found.index + found.length;
    }
    told += text.slice(at, Math.max(at, end));
    this.#held = text.slice(Math.max(at, end, 0));
    return told;
  }

  /** The first secret from there on; of several that begin in one place the longest. */
  #find(text: string, from: number): { readonly index: number; readonly length: number } | undefined {
    let first: { readonly index: number; readonly length: number } | undefined;
    for (const secret of this.#secrets) {
      const index = text.indexOf(secret, from);
      if (index !== -1 && index < (first?.index ?? Infinity)) first = { index, length: secret.length };
    }
    return first;
  }
}

/** Moves a cut off the middle of a surrogate pair: a lone half is refused as JSON. */
function wholeCharacters(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return code >= 0xd800 && code <= 0xdbff ? at - 1 : at;
}
