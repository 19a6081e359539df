import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClaimRefusal, NonceStore } from '@stormpulse/kernel';
import { openDatabase } from '@stormpulse/sqlite';
import type { Database } from '@stormpulse/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accepted } from '../../test-support/acceptance.ts';
import { MAX_LIVE_NONCES, createNonceStore } from './nonce-store.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
/** v1's schema (wire page, 3.5). */
const V1_SCHEMA =
  'CREATE TABLE seen_nonces (nonce TEXT PRIMARY KEY, seen_at REAL NOT NULL); CREATE INDEX idx_nonces ON seen_nonces (seen_at)';
const START_SECONDS = 1_767_268_800;

describe('createNonceStore', () => {
  let folder: string;
  let path: string;
  let nowSeconds: number;
  const opened: NonceStore[] = [];
  const clock = { now: () => nowSeconds * 1_000 };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nonces-'));
    path = join(folder, 'stormpulse.db');
    nowSeconds = START_SECONDS;
  });
  afterEach(() => {
    opened.splice(0).forEach((store) => store.close());
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (maxAgeSeconds = 60, database: Database = openDatabase(path)): NonceStore => {
    const store = createNonceStore({ database, clock, maxAgeSeconds, logger: SILENT });
    opened.push(store);
    return store;
  };
  /** A store whose floor has passed. */
  const settled = (maxAgeSeconds = 60, database?: Database): NonceStore => {
    const store = open(maxAgeSeconds, database);
    nowSeconds += 10;
    return store;
  };
  const claim = (store: NonceStore, nonce: string, atSeconds = nowSeconds): Promise<ClaimRefusal | undefined> =>
    store.claim(nonce, BigInt(Math.round(atSeconds * 1e6)), nowSeconds * 1_000, accepted(nonce));
  const inFile = <T>(work: (database: Database) => T): T => {
    const database = openDatabase(path);
    try {
      return work(database);
    } finally {
      database.close();
    }
  };

  it('SEC-060 takes a nonce once, whatever comes with it', async () => {
    const store = settled();
    expect(await claim(store, 'n1')).toBeUndefined();
    expect(await claim(store, 'n1')).toBe('replayed_nonce');
    expect(await claim(store, 'n1', nowSeconds + 3)).toBe('replayed_nonce');
    expect(await claim(store, 'N1')).toBeUndefined();
  });

  it('SEC-060 takes one of two that arrive together', async () => {
    const store = settled();
    expect(await Promise.all([claim(store, 'n1'), claim(store, 'n1')])).toEqual([undefined, 'replayed_nonce']);
  });

  it('SEC-060 remembers across a restart', async () => {
    const first = settled();
    await claim(first, 'n1');
    first.close();
    expect(await claim(open(), 'n1')).toBe('replayed_nonce');
  });

  it('SEC-060 writes what waits when it is closed', async () => {
    const first = settled();
    const waiting = claim(first, 'n1');
    first.close();
    expect(await waiting).toBeUndefined();
    expect(await claim(open(), 'n1')).toBe('replayed_nonce');
  });

  it('refuses after it was closed', async () => {
    const store = settled();
    store.close();
    expect(await claim(store, 'n1')).toBe('nonce_store_fault');
  });

  describe('SEC-061 how long a nonce is kept', () => {
    it('refuses every replay of a command dated ahead until it is stale', async () => {
      const store = settled();
      const ts = nowSeconds + 4.9;
      expect(await claim(store, 'ahead', ts)).toBeUndefined();
      for (const later of [1, 30, 60, 64.8, 65, 100]) {
        nowSeconds = ts - 4.9 + later;
        await claim(store, `tick-${later}`);
        expect(await claim(store, 'ahead', ts)).toBe('replayed_nonce');
      }
    });

    it('forgets once the command has been stale for a minute, counted from its own time', async () => {
      const store = settled();
      nowSeconds += 100;
      const ts = nowSeconds - 50;
      await claim(store, 'old', ts);
      nowSeconds = ts + 60 + 65 - 1;
      await claim(store, 'tick-1');
      expect(await claim(store, 'old', ts)).toBe('replayed_nonce');
      nowSeconds = ts + 60 + 65 + 11;
      expect(await claim(store, 'old', ts)).toBeUndefined();
    });

    it("survives v1's own purge until then, so that a host may go back", async () => {
      const store = settled();
      const ts = nowSeconds + 4.9;
      await claim(store, 'ahead', ts);
      store.close();
      const kept = (atSeconds: number): unknown =>
        inFile((database) => {
          database.prepare('DELETE FROM seen_nonces WHERE seen_at < ?').run(atSeconds - 60);
          return database.prepare("SELECT count(*) AS n FROM seen_nonces WHERE nonce = 'ahead'").get()?.['n'];
        });
      expect(kept(ts + 60 + 64.9)).toBe(1);
      expect(kept(ts + 60 + 65.1)).toBe(0);
    });
  });

  describe('SEC-063 the floor', () => {
    it('of a new store refuses what is dated before it, and passes', async () => {
      const store = open();
      expect(await claim(store, 'n1', START_SECONDS)).toBe('before_floor');
      expect(await claim(store, 'n2', START_SECONDS + 5)).toBe('before_floor');
      nowSeconds += 5;
      expect(await claim(store, 'n3', START_SECONDS + 5.000_001)).toBeUndefined();
    });

    it('refuses a replay after the store was deleted within the life of the command', async () => {
      const first = settled();
      const ts = nowSeconds;
      await claim(first, 'n1', ts);
      first.close();
      for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
      nowSeconds += 10;
      expect(await claim(open(), 'n1', ts)).toBe('before_floor');
    });

    it('is set once for a database that v1 wrote, whose rows count', async () => {
      inFile((database) => {
        database.exec(V1_SCHEMA);
        database.prepare('INSERT INTO seen_nonces (nonce, seen_at) VALUES (?, ?)').run('of-v1', START_SECONDS - 1);
      });
      const first = open();
      expect(await claim(first, 'n1', START_SECONDS)).toBe('before_floor');
      nowSeconds += 6;
      expect(await claim(first, 'of-v1')).toBe('replayed_nonce');
      first.close();
      expect(await claim(open(), 'n2')).toBeUndefined();
    });

    it('is set once when the age is raised, not when it is lowered', async () => {
      settled(60).close();
      nowSeconds += 1_000;
      const raised = open(300);
      expect(await claim(raised, 'n1', nowSeconds - 100)).toBe('before_floor');
      raised.close();
      nowSeconds += 6;
      const again = open(300);
      expect(await claim(again, 'n2')).toBeUndefined();
      again.close();
      expect(await claim(open(60), 'n3')).toBeUndefined();
    });

    it('is set by the next start when the first was cut off before it could be written', async () => {
      inFile((database) => database.exec('CREATE TABLE agent_clock (key TEXT PRIMARY KEY, seconds REAL NOT NULL)'));
      expect(await claim(open(), 'n1')).toBe('before_floor');
    });
  });

  describe('SEC-064 a clock that steps back', () => {
    it.each([3_600, 86_400])(
      'refuses %i s behind the highest time seen, across a restart, until it has caught up',
      async (step) => {
        const first = settled();
        await claim(first, 'n1');
        const highest = nowSeconds;
        nowSeconds -= step;
        expect(await claim(first, 'n2')).toBe('clock_rollback');
        first.close();
        const second = open();
        expect(await claim(second, 'n3')).toBe('clock_rollback');
        nowSeconds = highest - 5;
        expect(await claim(second, 'n4', highest)).toBeUndefined();
      },
    );

    it('counts the highest accepted command time too', async () => {
      const store = settled();
      await claim(store, 'n1', nowSeconds + 5);
      nowSeconds -= 0.5;
      expect(await claim(store, 'n2')).toBe('clock_rollback');
    });

    it.each([86_400, 31_536_000])('a jump of +%i s runs on, and its undoing is a step back', async (step) => {
      const store = settled();
      await claim(store, 'n1');
      nowSeconds += step;
      expect(await claim(store, 'n2')).toBeUndefined();
      nowSeconds -= step;
      expect(await claim(store, 'n1')).toBe('clock_rollback');
    });

    it('a clock that steps ahead between the check and the commit moves neither the highest time nor what is forgotten', async () => {
      const store = settled();
      await claim(store, 'n1');
      const arriving = claim(store, 'n2');
      nowSeconds += 31_536_000;
      expect(await arriving).toBeUndefined();
      nowSeconds -= 31_536_000;
      expect(await claim(store, 'n1')).toBe('replayed_nonce');
      expect(await claim(store, 'n3')).toBeUndefined();
    });
  });

  it('SEC-065 refuses when it is full, keeps every live nonce, and takes more once some have expired', async () => {
    const store = settled();
    await claim(store, 'live');
    store.close();
    inFile((database) => {
      database.exec(
        `INSERT INTO seen_nonces (nonce, seen_at) WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${MAX_LIVE_NONCES})
         SELECT 'filler-' || i, ${nowSeconds} FROM n`,
      );
    });
    const full = open();
    expect(await claim(full, 'more')).toBe('nonce_store_full');
    expect(await claim(full, 'live')).toBe('nonce_store_full');
    nowSeconds += 71;
    expect(await claim(full, 'more')).toBeUndefined();
    expect(await claim(full, 'live', nowSeconds - 71)).toBe('replayed_nonce');
  });

  it('SEC-065 refuses when the file holds 64 MiB, and keeps every live nonce', async () => {
    const store = settled();
    await claim(store, 'live');
    store.close();
    inFile((database) => {
      // Each text stands in the table and in its index.
      database.exec(
        `INSERT INTO seen_nonces (nonce, seen_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 36)
         SELECT hex(zeroblob(500000)) || i, ${nowSeconds} FROM n`,
      );
    });
    const full = open();
    expect(await claim(full, 'more')).toBe('nonce_store_full');
    nowSeconds += 71;
    expect(await claim(full, 'more')).toBeUndefined();
    expect(await claim(full, 'live', nowSeconds - 71)).toBe('replayed_nonce');
  });

  it('SEC-062 runs on WAL with synchronous=FULL', () => {
    const database = openDatabase(path);
    open(60, database);
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
  });
});
