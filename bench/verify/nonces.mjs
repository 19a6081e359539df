import { createNonceStore, openStoreMark } from '@stormpulse/services';
import { openDatabase } from '@stormpulse/sqlite';

/** Single use, kept in memory: what a verification costs without a disk. */
export function createMemoryNonces() {
  const seen = new Set();
  return {
    claim: (nonce) => Promise.resolve(seen.has(nonce) ? 'replayed_nonce' : void seen.add(nonce)),
    close: () => undefined,
  };
}

/**
 * The agent's own store in a file, as the agent opens it. A new store refuses what is dated before its first 5 s, so it is
 * made at `fromMs` and runs on `clock` afterwards.
 */
export function openDiskNonces(path, clock, fromMs, { prefilled = 0 } = {}) {
  const database = openDatabase(path, { synchronous: 'full' });
  const { engine } = database;
  let started = false;
  const options = {
    database,
    clock: { now: () => (started ? clock.now() : fromMs) },
    maxAgeSeconds: 3600,
    logger: silentLogger(),
    mark: openStoreMark(path, silentLogger()),
  };
  let nonces = createNonceStore(options);
  if (prefilled > 0) {
    fill(database, prefilled, fromMs);
    // The count of live nonces is taken when a store is made.
    nonces = createNonceStore(options);
  }
  started = true;
  return { ...nonces, engine };
}

function fill(database, count, fromMs) {
  const insert = database.prepare('INSERT INTO seen_nonces (nonce, seen_at) VALUES (?, ?)');
  database.transaction(() => {
    for (let index = 0; index < count; index += 1) {
      insert.run(`${hashed(index)}${'0'.repeat(37)}`, fromMs / 1_000 + 600 + index / 1_000);
    }
  });
}

/** Six characters in an order unlike the counting one, as random nonces fall into the index. */
function hashed(index) {
  return ((index * 2_654_435_761) % 2 ** 31).toString(36).padStart(6, '0').split('').toReversed().join('');
}

function silentLogger() {
  const silent = () => undefined;
  const logger = { trace: silent, debug: silent, info: silent, warn: silent, error: silent, fatal: silent, child: () => logger };
  return logger;
}
