import { EngineStream } from './errors.ts';

export type StreamName = 'stdout' | 'stderr';

/** Takes the pieces of one stream apart. */
export interface Demultiplexer {
  push(piece: Uint8Array): void;
  /** Nothing more comes. Throws `E_DOCKER_STREAM` when that is in the middle of something. */
  end(): void;
}

type OnBytes = (stream: StreamName, bytes: Uint8Array) => void;

const HEADER_BYTES = 8;

/** A container with a terminal has one stream, unframed. */
export function rawStream(onBytes: OnBytes): Demultiplexer {
  return { push: (piece) => onBytes('stdout', piece), end: () => undefined };
}

/**
 * Frames of a container without a terminal: kind, three zeros, length, bytes. What a frame holds is passed on as it comes, whatever
 * length it claims. Throws `E_DOCKER_STREAM` for what is no frame.
 */
export function framedStream(onBytes: OnBytes): Demultiplexer {
  const header = new Uint8Array(HEADER_BYTES);
  let headerBytes = 0;
  let left = 0;
  let stream: StreamName = 'stdout';

  const begin = (): void => {
    const [kind = 0, ...zeros] = header.subarray(0, 4);
    if (kind > 2 || zeros.some((byte) => byte !== 0)) throw EngineStream({ problem: 'has no frames where they belong' });
    stream = kind === 2 ? 'stderr' : 'stdout';
    left = new DataView(header.buffer).getUint32(4);
    headerBytes = 0;
  };

  return {
    push(piece) {
      for (let at = 0; at < piece.length;) {
        const wanted = left === 0 ? HEADER_BYTES - headerBytes : left;
        const part = piece.subarray(at, at + wanted);
        at += part.length;
        if (left > 0) {
          left -= part.length;
          onBytes(stream, part);
          continue;
        }
        header.set(part, headerBytes);
        headerBytes += part.length;
        if (headerBytes === HEADER_BYTES) begin();
      }
    },
    end() {
      if (left > 0 || headerBytes > 0) throw EngineStream({ problem: 'ended in the middle of a frame' });
    },
  };
}
