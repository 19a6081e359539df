import {
  copyFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClaimRefusal, NonceStore } from '@stormpulse/kernel';
import { openDatabase } from '@stormpulse/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accepted } from '../../test-support/acceptance.ts';
import { createNonceStore } from './nonce-store.ts';
import { openNonceStore } from './open-nonce-store.ts';
import { openStoreMark } from './store-mark.ts';

describe('SEC-063 a nonce store that is not as this agent left it', () => {
  let folder: string;
  let path: string;
  let nowSeconds: number;
  let warned: string[];
  const opened: NonceStore[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nonces-'));
    path = join(folder, 'stormpulse.db');
    nowSeconds = 1_767_268_800;
    warned = [];
  });
  afterEach(() => {
    opened.splice(0).forEach((store) => store.close());
    rmSync(folder, { recursive: true, force: true });
  });

  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_fields: object | string, text = '') => void warned.push(text),
    error: () => undefined,
  };
  const open = (): NonceStore => {
    const store = openNonceStore({ path, clock: { now: () => nowSeconds * 1_000 }, maxAgeSeconds: 60, logger });
    opened.push(store);
    return store;
  };
  const claim = (store: NonceStore, nonce: string, atSeconds = nowSeconds): Promise<ClaimRefusal | undefined> =>
    store.claim(nonce, BigInt(Math.round(atSeconds * 1e6)), nowSeconds * 1_000, accepted(nonce));
  /** Runs an agent that accepts these, and stops it. */
  const ran = async (...nonces: string[]): Promise<void> => {
    const store = open();
    nowSeconds += 10;
    for (const nonce of nonces) expect(await claim(store, nonce)).toBeUndefined();
    store.close();
  };
  /** v1's way with the same file (wire page, 3.5). */
  const asV1 = (nonce: string): void => {
    const database = openDatabase(path);
    database.transaction(() => {
      database.prepare('DELETE FROM seen_nonces WHERE seen_at < ?').run(nowSeconds - 60);
      database.prepare('INSERT INTO seen_nonces (nonce, seen_at) VALUES (?, ?)').run(nonce, nowSeconds);
    });
    database.close();
  };
  /** What the next start says of a command dated now, that is before any floor it sets. */
  const nextStart = (): Promise<ClaimRefusal | undefined> => claim(open(), 'fresh');

  it('as it was left: no floor, also after every nonce was purged', async () => {
    await ran('n1', 'n2');
    expect(await nextStart()).toBeUndefined();
    opened.splice(0).forEach((store) => store.close());
    const store = open();
    nowSeconds += 1_000;
    expect(await claim(store, 'old', nowSeconds - 500)).toBeUndefined();
    nowSeconds += 1_000;
    expect(await claim(store, 'after the purge')).toBeUndefined();
    store.close();
    expect(await nextStart()).toBeUndefined();
  });

  it('as it was left, when the newest nonce was purged and no other came', async () => {
    const store = open();
    nowSeconds += 100;
    expect(await claim(store, 'live')).toBeUndefined();
    expect(await claim(store, 'soon gone', nowSeconds - 55)).toBeUndefined();
    nowSeconds += 80;
    expect(await claim(store, 'live')).toBe('replayed_nonce');
    store.close();
    expect(await nextStart()).toBeUndefined();
  });

  it('an older copy put back: a command that the copy has forgotten is not run again', async () => {
    await ran('n1');
    copyFileSync(path, `${path}.backup`);
    await ran('n2');
    const ts = nowSeconds;
    copyFileSync(`${path}.backup`, path);
    const store = open();
    expect(await claim(store, 'n2', ts)).toBe('before_floor');
    expect(await claim(store, 'n2', ts + 5)).toBe('before_floor');
    nowSeconds += 6;
    expect(await claim(store, 'n3')).toBeUndefined();
  });

  it('an older copy of the whole folder, moved into its place', async () => {
    await ran('n1');
    cpSync(folder, `${folder}-backup`, { recursive: true });
    await ran('n2');
    rmSync(folder, { recursive: true });
    renameSync(`${folder}-backup`, folder);
    expect(await nextStart()).toBe('before_floor');
  });

  it('a host that went to v1 and back, each time anew; one that only looked has no floor', async () => {
    await ran('n1');
    for (let trip = 0; trip < 3; trip += 1) {
      nowSeconds += 100;
      asV1(`of-v1-${trip}`);
      const store = open();
      expect(await claim(store, `early-${trip}`)).toBe('before_floor');
      nowSeconds += 6;
      expect(await claim(store, `late-${trip}`)).toBeUndefined();
      store.close();
    }
    openDatabase(path).close();
    expect(await nextStart()).toBeUndefined();
  });

  it('a mark that is lost, cut or of another store', async () => {
    for (const spoil of [
      (mark: string) => rmSync(mark),
      (mark: string) => writeFileSync(mark, ''),
      (mark: string) => writeFileSync(mark, readFileSync(mark, 'latin1').slice(0, 63)),
      (mark: string) => writeFileSync(mark, '0'.repeat(128)),
    ]) {
      await ran();
      spoil(`${path}.mark`);
      expect(await nextStart()).toBe('before_floor');
      opened.splice(0).forEach((store) => store.close());
    }
  });

  it('where no mark can be kept each start has its floor, says so once, and commands run', async () => {
    symlinkSync('elsewhere', `${path}.mark`);
    await ran('n1', 'n2', 'n3');
    expect(warned).toEqual([expect.stringContaining('each start has its floor')]);
    expect(await nextStart()).toBe('before_floor');
  });

  it('while a commit is under way both sides of it fit, and nothing else', () => {
    writeFileSync(path, '');
    const mark = openStoreMark(path, logger);
    mark.begin('a', 'b');
    expect(['a', 'b', 'c', undefined].map((newest) => mark.fits(newest))).toEqual([true, true, false, false]);
    mark.set('b');
    expect(['a', 'b'].map((newest) => mark.fits(newest))).toEqual([false, true]);
    mark.set(undefined);
    expect(['b', undefined].map((newest) => mark.fits(newest))).toEqual([false, true]);
    mark.close();
    expect(statSync(`${path}.mark`).mode & 0o777).toBe(0o600);
  });

  it('is told apart without an fsync of a command, and a commit that failed is taken back', async () => {
    const told: unknown[][] = [];
    const mark = {
      fits: () => true,
      begin: (...names: unknown[]) => void told.push(['begin', ...names]),
      set: (...names: unknown[]) => void told.push(['set', ...names]),
      close: () => undefined,
    };
    const real = openDatabase(path);
    let full = false;
    const database: typeof real = {
      ...real,
      prepare(sql) {
        const statement = real.prepare(sql);
        if (!sql.startsWith('INSERT OR REPLACE INTO agent_acceptances')) return statement;
        return {
          ...statement,
          run(...values) {
            if (full) throw Object.assign(new Error('injected'), { code: 'full' });
            return statement.run(...values);
          },
        };
      },
    };
    const store = createNonceStore({ database, mark, clock: { now: () => nowSeconds * 1_000 }, maxAgeSeconds: 60, logger });
    opened.push(store);
    nowSeconds += 10;
    await claim(store, 'n1');
    expect(told.at(-1), 'a command need not wait for it').toEqual(['begin', undefined, 'n1']);
    full = true;
    expect(await claim(store, 'n2')).toBe('nonce_store_fault');
    full = false;
    await claim(store, 'n3');
    expect(await claim(store, 'n1')).toBe('replayed_nonce');
    expect(told).toEqual([
      ['set', undefined, true],
      ['begin', undefined, 'n1'],
      ['set', 'n1'],
      ['begin', 'n1', 'n2'],
      ['begin', 'n1', 'n3'],
      ['set', 'n3'],
      ['begin', 'n3', 'n1'],
      ['set', 'n3'],
    ]);
  });
});
