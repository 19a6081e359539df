// B10: what it costs to verify commands, with the nonces in memory and on the disk, and the parser's and the patterns' worst case.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVerifier } from '@stormpulse/kernel';
import { AGENT_JSON_LIMITS, parseFrame } from '@stormpulse/protocol';
import { nodeCrypto } from '@stormpulse/protocol/node';
import { figure } from './report.mjs';
import { median } from './sampling.mjs';
import { openSyncProbe } from './verify/disk.mjs';
import { AGENT_ID, createFrames, newKey } from './verify/frames.mjs';
import { createMemoryNonces, openDiskNonces } from './verify/nonces.mjs';
import { measureParser } from './verify/parser.mjs';
import { measurePatterns } from './verify/patterns.mjs';

export const KNOBS = {
  envelopes: { full: 50_000, short: 6_000 },
  durable: { full: 2_000, short: 300 },
  batch: { full: 100, short: 100 },
  repeats: { full: 3, short: 3 },
};

const BLOCK = 1_000;
const DURABLE_BLOCK = 50;
const FULL_STORE = 90_000;
const PROBE = 5_000;
const HARDENED = { dialect: 'hardened', limits: AGENT_JSON_LIMITS };

export async function run(knobs) {
  const { smoke, repeats } = knobs;
  const folder = await mkdtemp(join(tmpdir(), 'stormpulse-bench-verify-'));
  try {
    const rounds = [];
    for (let round = 0; round < repeats; round += 1) rounds.push(await measureRound(join(folder, `round-${round}`), knobs));
    const middle = (pick) => median(rounds.map(pick));
    const raw = { name: 'raw HMAC-SHA256 verify', value: middle((one) => one.raw) };
    const disk = { name: 'write + fsync of 4 KB', value: middle((one) => one.fsync) };
    const empty = { name: 'the empty store', value: middle((one) => one.empty) };
    const emptyBatch = { name: 'the empty store', value: middle((one) => one.emptyBatch) };
    const { engine } = rounds[0];
    const parsers = measureParser(Math.max(3, repeats));
    const { load, check } = measurePatterns(Math.max(3, repeats));
    const figures = [
      figure(
        'verify, nonces in memory',
        middle((one) => one.memory),
        '1/s',
        { better: 'higher', yardstick: raw, limit: 0.4, smoke },
      ),
      figure(
        `verify, ${engine}, ${knobs.batch} to a batch`,
        middle((one) => one.stored),
        '1/s',
        { better: 'higher', yardstick: raw },
      ),
      figure(
        `verify, ${engine}, one at a time`,
        middle((one) => one.durable),
        '1/s',
        { better: 'higher', yardstick: disk },
      ),
      figure(
        'verify, 90,000 nonces stored, one at a time',
        middle((one) => one.full),
        '1/s',
        { better: 'higher', yardstick: empty, limit: 1 / 1.2, smoke },
      ),
      figure(
        `verify, 90,000 nonces stored, ${knobs.batch} to a batch`,
        middle((one) => one.fullBatch),
        '1/s',
        { better: 'higher', yardstick: emptyBatch },
      ),
      ...parsers.map((one) => parserFigure(one, smoke)),
      figure('a pattern checked at load, the slowest', load.ms, 'ms', { better: 'lower', limit: 50, smoke }),
      figure('a value checked by a pattern, the slowest', check.ms, 'ms', { better: 'lower', limit: 50, smoke }),
    ];
    const notes = [
      ...parsers.map(
        ({ name, slowest }) => `${name}: ${slowest.map((one) => `${one.input} ${one.msPerMb.toFixed(1)}`).join(', ')}`,
      ),
      `slowest pattern: ${load.what}; slowest value: for ${check.what}`,
    ];
    return { figures, notes };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function parserFigure({ name, limit, msPerMb }, smoke) {
  return figure(name, msPerMb, 'ms/MB', { better: 'lower', limit, smoke });
}

async function measureRound(path, { envelopes, durable, batch }) {
  const key = newKey();
  const fromMs = Date.now();
  const begun = performance.now();
  // Frames are dated behind the floor of a new store.
  const datedMs = fromMs + 10_000;
  const clock = { now: () => datedMs + 1_000 + (performance.now() - begun) };
  const make = (count) => createFrames(count, key, datedMs);
  const verifierOn = (nonces) =>
    createVerifier({
      agentId: AGENT_ID,
      key,
      crypto: nodeCrypto,
      clock,
      nonces,
      dialect: 'hardened',
      maxAgeSeconds: 3600,
      declaredParams: () => ['line', 'tail_lines'],
      isCommand: (name) => name === 'echo',
    });
  const open = (name, options) => openDiskNonces(`${path}-${name}.db`, clock, fromMs, options);
  const frames = make(envelopes);
  const memory = await measureMemory(verifierOn(createMemoryNonces()), key, frames, make(BLOCK));
  const store = open('batch');
  const stored = await throughStore(verifierOn(store), frames, batch);
  store.close();
  const single = open('single');
  const alone = await measureDurable(verifierOn(single), make(durable), `${path}-fsync`);
  single.close();
  const growth = await measureGrowth({ open, verifierOn, make, batch, durable });
  return { ...memory, stored, ...alone, ...growth, engine: store.engine };
}

/** Verifying and the bare hash take turns, so that both see the same machine. Rates a second. */
async function measureMemory(verifier, key, frames, warmUp) {
  await verifyAll(verifier, warmUp);
  hashAll(key, warmUp);
  globalThis.gc?.();
  let verifying = 0;
  let hashing = 0;
  for (let from = 0; from < frames.length; from += BLOCK) {
    const block = frames.slice(from, from + BLOCK);
    hashing += hashAll(key, block);
    verifying += await verifyAll(verifier, block);
  }
  return { memory: rate(frames.length, verifying), raw: rate(frames.length, hashing) };
}

function hashAll(key, frames) {
  const begun = performance.now();
  let good = 0;
  for (const { bytes, hmac } of frames) {
    if (timingSafeEqual(createHmac('sha256', key).update(bytes).digest(), hmac)) good += 1;
  }
  const elapsed = performance.now() - begun;
  if (good !== frames.length) throw new Error('a raw hash did not verify');
  return elapsed;
}

async function verifyAll(verifier, frames) {
  const begun = performance.now();
  for (const frame of frames) expectVerified(await verifyOne(verifier, frame));
  return performance.now() - begun;
}

/** From the bytes as they come off the socket. */
function verifyOne(verifier, { bytes }) {
  return verifier.verify(parseFrame(bytes.toString('utf8'), HARDENED));
}

function expectVerified(verdict) {
  if (verdict.kind !== 'request') throw new Error(`a good frame was refused: ${verdict.reason}`);
}

async function throughStore(verifier, frames, batch) {
  const begun = performance.now();
  for (let from = 0; from < frames.length; from += batch) {
    const verdicts = await Promise.all(frames.slice(from, from + batch).map((frame) => verifyOne(verifier, frame)));
    verdicts.forEach(expectVerified);
  }
  return rate(frames.length, performance.now() - begun);
}

async function measureDurable(verifier, frames, path) {
  const probe = openSyncProbe(path);
  let verifying = 0;
  let syncing = 0;
  for (let from = 0; from < frames.length; from += DURABLE_BLOCK) {
    const block = frames.slice(from, from + DURABLE_BLOCK);
    syncing += probe.run(block.length);
    verifying += await verifyAll(verifier, block);
  }
  probe.close();
  return { durable: rate(frames.length, verifying), fsync: rate(frames.length, syncing) };
}

/** The same claims on a store that holds little and on one that is nearly full: in batches, and one at a time in turns. */
async function measureGrowth({ open, verifierOn, make, batch, durable }) {
  const stores = { empty: open('empty'), full: open('full', { prefilled: FULL_STORE }) };
  const [empty, full] = [stores.empty, stores.full].map(verifierOn);
  const elapsed = { empty: 0, full: 0 };
  const singles = make(durable * 2);
  for (let from = 0; from < singles.length; from += DURABLE_BLOCK * 2) {
    elapsed.empty += await verifyAll(empty, singles.slice(from, from + DURABLE_BLOCK));
    elapsed.full += await verifyAll(full, singles.slice(from + DURABLE_BLOCK, from + DURABLE_BLOCK * 2));
  }
  const emptyBatch = await throughStore(empty, make(PROBE), batch);
  const fullBatch = await throughStore(full, make(PROBE), batch);
  stores.empty.close();
  stores.full.close();
  return { empty: rate(durable, elapsed.empty), full: rate(durable, elapsed.full), emptyBatch, fullBatch };
}

function rate(count, ms) {
  return (count / ms) * 1_000;
}
