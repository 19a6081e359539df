import { AGENT_JSON_LIMITS, HUB_JSON_LIMITS, parseFrame, parsePayload, ProtocolError } from '@stormpulse/protocol';
import { median } from '../sampling.mjs';
import { INPUT_BYTES, uglyInputs } from './corpus.mjs';

/**
 * The dialects that read a socket, by the name of their figure, and the milliseconds that 1 MB may take. No
 * agent setting and no hub reaches the reference dialect's reader by itself, so it is reported only.
 */
const READERS = [
  { name: 'parser, worst input, agent limits', limit: 50, options: { dialect: 'hardened', limits: AGENT_JSON_LIMITS } },
  { name: 'parser, worst input, hub limits', limit: 100, options: { dialect: 'hardened', limits: HUB_JSON_LIMITS } },
  { name: 'parser, worst input, reference dialect', limit: null, options: { dialect: 'reference', limits: AGENT_JSON_LIMITS } },
];

/** Milliseconds per MB of the slowest input, for each reader: the median of `repeats` readings, after one to warm up. */
export function measureParser(repeats) {
  const inputs = uglyInputs();
  const times = READERS.map(() => new Map([...inputs.keys()].map((name) => [name, []])));
  for (let round = 0; round <= repeats; round += 1) {
    READERS.forEach(({ options }, reader) => {
      for (const [name, input] of inputs) {
        const elapsed = timed(input, options);
        if (round > 0) times[reader].get(name).push(elapsed);
      }
    });
  }
  return READERS.map(({ name, limit }, reader) => {
    const slowest = [...times[reader]]
      .map(([input, all]) => ({ input, msPerMb: median(all) }))
      .sort((a, b) => b.msPerMb - a.msPerMb);
    return { name, limit, msPerMb: slowest[0].msPerMb, slowest: slowest.slice(0, 3) };
  });
}

function timed(input, options) {
  const megabytes = Buffer.byteLength(input) / INPUT_BYTES;
  const begun = performance.now();
  read(input, options);
  return (performance.now() - begun) / megabytes;
}

function read(input, options) {
  try {
    const frame = parseFrame(input, options);
    parsePayload(frame.type, frame.payload, options.dialect);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw new Error('the parser threw an error that is not its own', { cause: error });
  }
}
