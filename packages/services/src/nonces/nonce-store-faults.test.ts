import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClaimRefusal, NonceStore } from '@stormpulse/kernel';
import { SqliteError, openDatabase } from '@stormpulse/sqlite';
import type { Database } from '@stormpulse/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accepted } from '../../test-support/acceptance.ts';
import { createNonceStore } from './nonce-store.ts';

const NOW_SECONDS = 1_767_268_800;

describe('createNonceStore, when its disk lets it down', () => {
  let folder: string;
  let database: Database;
  let logged: string[];
  let nowSeconds: number;
  let store: NonceStore | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nonces-'));
    database = openDatabase(join(folder, 'stormpulse.db'));
    logged = [];
    nowSeconds = NOW_SECONDS;
  });
  afterEach(() => {
    store?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A store past its floor, on a database whose transactions a test can watch or break. */
  const open = (transaction: (work: () => unknown) => unknown = (work) => database.transaction(work)): NonceStore => {
    const watched: Database = { ...database, transaction: <T>(work: () => T) => transaction(work) as T };
    const error = (_fields: object | string, text = ''): void => void logged.push(text);
    const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error };
    store = createNonceStore({ database: watched, clock: { now: () => nowSeconds * 1_000 }, maxAgeSeconds: 60, logger });
    nowSeconds += 10;
    return store;
  };
  const claim = (nonce: string): Promise<ClaimRefusal | undefined> | undefined =>
    store?.claim(nonce, BigInt(nowSeconds) * 1_000_000n, nowSeconds * 1_000, accepted(nonce));

  it('SEC-060 answers only after the commit, and puts claims of one turn into one transaction', async () => {
    const order: string[] = [];
    open((work) => {
      const result = database.transaction(work);
      order.push('committed');
      return result;
    });
    order.length = 0;
    const claims = Array.from({ length: 100 }, async (_, at) => {
      const refusal = await claim(`n${at}`);
      order.push('answered');
      return refusal;
    });
    expect(new Set(await Promise.all(claims))).toEqual(new Set([undefined]));
    expect(order).toEqual(['committed', ...Array.from({ length: 100 }, () => 'answered')]);
    expect(database.prepare('SELECT count(*) AS n FROM seen_nonces').get()).toEqual({ n: 100 });
  });

  it('SEC-058 touches no disk for what the clock or the floor refuses', async () => {
    let transactions = 0;
    open((work) => {
      transactions += 1;
      return database.transaction(work);
    });
    await claim('n1');
    transactions = 0;
    const now = nowSeconds;
    expect(await store?.claim('n2', BigInt(NOW_SECONDS) * 1_000_000n, nowSeconds * 1_000, accepted('n2'))).toBe('before_floor');
    nowSeconds = now - 60;
    expect(await claim('n3')).toBe('clock_rollback');
    expect(transactions).toBe(0);
  });

  it('SEC-066 refuses on a full disk, forgets nothing, and recovers by itself', async () => {
    open();
    await claim('before');
    const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count']);
    database.prepare(`PRAGMA max_page_count = ${pages}`).all();
    const refusals: (ClaimRefusal | undefined)[] = [];
    for (let at = 0; at < 300 && !refusals.includes('nonce_store_fault'); at += 1)
      refusals.push(await claim(`filler-${at}-${'x'.repeat(90)}`));
    expect(refusals.at(-1)).toBe('nonce_store_fault');
    expect(logged).not.toEqual([]);
    const refused = `filler-${refusals.length - 1}-${'x'.repeat(90)}`;
    database.prepare('PRAGMA max_page_count = 1000000').all();
    expect(await claim('before')).toBe('replayed_nonce');
    expect(await claim(refused)).toBeUndefined();
  });

  it.each(['busy', 'readonly', 'full'] as const)('SEC-066 takes claims again once "%s" is over', async (code) => {
    let broken = false;
    open((work) => {
      if (broken) throw new SqliteError(code, database.path, 'injected');
      return database.transaction(work);
    });
    broken = true;
    expect(await claim('n1')).toBe('nonce_store_fault');
    broken = false;
    expect(await claim('n1')).toBeUndefined();
  });

  it.each(['io', 'corrupt', 'other'] as const)('SEC-066 stops taking commands for good after "%s"', async (code) => {
    let broken = false;
    open((work) => {
      if (broken) throw new SqliteError(code, database.path, 'injected');
      return database.transaction(work);
    });
    broken = true;
    expect(await Promise.all([claim('n1'), claim('n2')])).toEqual(['nonce_store_fault', 'nonce_store_fault']);
    broken = false;
    expect(await claim('n3')).toBe('nonce_store_fault');
    expect(logged).toHaveLength(1);
  });
});
