import { EngineStream } from './errors.ts';

const MAX_LINE_BYTES = 1024 * 1024;

/** Reads a stream of JSON objects, one a line. The function throws `E_DOCKER_STREAM` for a line that is none, or has no end. */
export function jsonLines(onValue: (value: unknown) => void): (piece: Uint8Array) => void {
  const decoder = new TextDecoder();
  let rest = '';
  return (piece) => {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_LINE_BYTES) throw EngineStream({ problem: `has a line of more than ${MAX_LINE_BYTES} characters` });
    for (const line of lines) if (line.trim() !== '') onValue(parsed(line));
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch (cause) {
    throw EngineStream({ problem: `is no JSON: ${JSON.stringify(line.slice(0, 80))}` }, { cause });
  }
}
