import { EngineStream } from './errors.ts';

const MAX_LINE_CHARS = 1024 * 1024;

export interface JsonLines {
  push(piece: Uint8Array): void;
  /** Nothing more comes. */
  end(): void;
}

/** Reads a stream of JSON objects, one a line. Both throw `E_DOCKER_STREAM` for a line that is none, or has no end. */
export function jsonLines(onValue: (value: unknown) => void): JsonLines {
  const decoder = new TextDecoder();
  let rest = '';
  const read = (line: string): void => {
    if (line.trim() !== '') onValue(parsed(line));
  };
  return {
    push(piece) {
      const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > MAX_LINE_CHARS) throw EngineStream({ problem: `has a line of more than ${MAX_LINE_CHARS} characters` });
      lines.forEach(read);
    },
    end: () => read(rest),
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (cause) {
    throw EngineStream({ problem: `is no JSON: ${JSON.stringify(line.slice(0, 80))}` }, { cause });
  }
}
