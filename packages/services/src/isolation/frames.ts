import { defineError } from '@stormpulse/plugin-api';

/** Of one frame, without its length. */
export const MAX_FRAME_BYTES = 8 * 1_048_576;
const LENGTH_BYTES = 4;

export const FrameRefused = defineError<{ bytes: number }>(
  'E_PLUGIN_FRAME_LENGTH',
  'invalid_argument',
  'plugin',
  (d) => `it sent a frame of ${d.bytes} bytes; at most ${MAX_FRAME_BYTES} are read`,
);

/** A frame as it goes over a pipe: its length in bytes, 32 bits, big end first, then JSON in UTF-8. */
export function frameOf(text: string): Buffer {
  const bytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(LENGTH_BYTES + bytes);
  frame.writeUInt32BE(bytes);
  frame.write(text, LENGTH_BYTES);
  return frame;
}

/** Cuts what arrives into frames; keeps at most one that is not complete. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** The frames that are complete now. Throws `E_PLUGIN_FRAME_LENGTH`; nothing more can be read after that. */
  push(chunk: Buffer): readonly string[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames: string[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): string | undefined {
    if (this.#bytes < LENGTH_BYTES) return undefined;
    if ((this.#chunks[0]?.length ?? 0) < LENGTH_BYTES) this.#join();
    const length = this.#chunks[0]?.readUInt32BE() ?? 0;
    if (length > MAX_FRAME_BYTES) throw FrameRefused({ bytes: length });
    const end = LENGTH_BYTES + length;
    if (this.#bytes < end) return undefined;
    if ((this.#chunks[0]?.length ?? 0) < end) this.#join();
    const whole = this.#chunks[0] as Buffer;
    const text = whole.toString('utf8', LENGTH_BYTES, end);
    this.#bytes -= end;
    if (whole.length === end) this.#chunks.shift();
    else this.#chunks[0] = whole.subarray(end);
    return text;
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks)];
  }
}
