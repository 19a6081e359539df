import { setImmediate as turn } from 'node:timers/promises';
import { AGENT_JSON_LIMITS, HUB_JSON_LIMITS, parseFrame, parsePayload, ProtocolError } from '@stormpulse/protocol';
import type { Dialect, JsonLimits } from '@stormpulse/protocol';
import { envelope, signedRequest, signedSequence } from '../doubles/v1-wire.ts';
import { branchCoverage } from './branch-coverage.ts';
import { mutate } from './mutate.ts';
import type { Scenario } from './scenario.ts';

const KEY = Buffer.from('0123456789abcdef0123456789abcdef');
const READERS: readonly { readonly dialect: Dialect; readonly limits: JsonLimits }[] = [
  { dialect: 'hardened', limits: AGENT_JSON_LIMITS },
  { dialect: 'hardened', limits: HUB_JSON_LIMITS },
  { dialect: 'reference', limits: AGENT_JSON_LIMITS },
];
const PARSER_FILES = [
  'frame.js',
  'frame-bytes.js',
  'json-reader.js',
  'json-short.js',
  'timestamp.js',
  'payload.js',
  'signed-payload.js',
];
const WARM_UP = 0.2;
const MAX_GROWTH_MB = 24;
const TURN_EVERY = 500;

/** Good frames, changed at random, through the parser as it reads a socket. */
export const mutatedFrames: Scenario = {
  name: 'mutated-frames',
  what: 'good frames are changed at random and read by the parser',
  rounds: 100_000,
  async run({ random, rounds, say }) {
    const seeds = goodFrames();
    const broken: string[] = [];
    const refusals = new Map<string, number>();
    let read = 0;
    let heapMb = 0;
    const coverage = await branchCoverage(PARSER_FILES, async () => {
      for (let round = 0; round < rounds; round += 1) {
        const frame = mutate(random.pick(seeds), random);
        const options = random.pick(READERS);
        try {
          const { type, payload } = parseFrame(frame, options);
          parsePayload(type, payload, options.dialect);
          read += 1;
        } catch (error) {
          if (error instanceof ProtocolError) refusals.set(error.kind, (refusals.get(error.kind) ?? 0) + 1);
          else
            broken.push(
              `frame ${round} (${options.dialect}) threw ${String(error)}: ${JSON.stringify(String(frame)).slice(0, 300)}`,
            );
        }
        // A rejection that nobody handles ends this process.
        if (round % TURN_EVERY === 0) await turn();
        if (round === Math.floor(rounds * WARM_UP)) heapMb = heap();
      }
    });
    const growthMb = heap() - heapMb;
    if (growthMb > MAX_GROWTH_MB) broken.push(`the heap grew by ${growthMb.toFixed(1)} MB`);
    for (const missed of coverage.missed) say(`not reached: ${missed}`);
    return {
      counts: {
        frames: rounds,
        'read as good': read,
        refused: [...refusals.values()].reduce((sum, count) => sum + count, 0),
        'kinds of refusal': refusals.size,
        'MB the heap grew': growthMb.toFixed(1),
        'branches of the parser reached': `${coverage.reached} of ${coverage.branches}`,
      },
      broken,
    };
  },
};

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** One of each kind that a hub and an agent send. */
function goodFrames(): readonly string[] {
  const stamp = { ts: '2026-03-04T05:06:07.089000Z' };
  const frames = [
    signedRequest(KEY, 'fuzzed', 'docker_logs', { tail_lines: '100', name: 'w\u00e9b' }, stamp),
    signedSequence(KEY, 'fuzzed', ['one', 'two']),
    envelope('register.ok', 'fuzzed', { features: ['results.ack'] }),
    envelope('command.result.ack', 'fuzzed', { request_id: 'a' }),
    envelope('events.batch.ack', 'fuzzed', { batch_id: 'b' }),
    envelope('heartbeat', 'fuzzed', {}),
    envelope('register', 'fuzzed', { pulse_token: 't', agent_version: '1', features: [], commands: { x: { params: {} } } }),
    envelope('metrics.push', 'fuzzed', { cpu_percent: 1.5, load_avg: [0.1, 0.2, 0.3], containers: [{ name: 'c' }] }),
    envelope('events.batch', 'fuzzed', { batch_id: 'b', events: [{ source: 's', kind: 'k', dropped: 0 }] }),
    envelope('command.result', 'fuzzed', { request_id: 'a', stdout: 'line\nline\t"\\', exit_code: -9, success: false }),
  ];
  return frames.map((frame) => JSON.stringify(frame));
}
