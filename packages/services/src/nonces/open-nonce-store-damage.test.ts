import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NonceStore } from '@stormpulse/kernel';
import { SqliteError } from '@stormpulse/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accepted } from '../../test-support/acceptance.ts';
import { openNonceStore } from './open-nonce-store.ts';
import type { OpenNonceStoreOptions } from './open-nonce-store.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('SEC-063 a damaged nonce database', () => {
  let folder: string;
  let nowSeconds: number;
  const opened: NonceStore[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nonces-'));
    nowSeconds = 1_767_268_800;
  });
  afterEach(() => {
    opened.splice(0).forEach((store) => store.close());
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (path: string, more: Partial<OpenNonceStoreOptions> = {}): NonceStore => {
    const clock = { now: () => nowSeconds * 1_000 };
    const store = openNonceStore({ path, clock, maxAgeSeconds: 60, logger: SILENT, ...more });
    opened.push(store);
    return store;
  };
  const claim = (store: NonceStore, nonce: string, atSeconds = nowSeconds): ReturnType<NonceStore['claim']> =>
    store.claim(nonce, BigInt(atSeconds) * 1_000_000n, nowSeconds * 1_000, accepted(nonce));
  const aside = (): string[] => readdirSync(folder).filter((name) => name.includes('.corrupt-'));

  it('on a disk that damages the new one too refuses every command, and does not fill the disk', async () => {
    const path = join(folder, 'stormpulse.db');
    writeFileSync(path, 'x');
    const store = open(path, {
      open: () => {
        writeFileSync(path, 'x');
        throw new SqliteError('corrupt', path, 'injected');
      },
    });
    for (let at = 0; at < 10; at += 1) expect(await claim(store, `n${at}`)).toBe('nonce_store_fault');
    expect(aside()).toHaveLength(1);
  });

  it('that cannot be moved aside refuses every command, and the agent lives on', async () => {
    const path = join(folder, 'd'.repeat(245));
    writeFileSync(path, 'no database at all, but long enough to be read as one'.repeat(20));
    const store = open(path);
    expect(await claim(store, 'n1')).toBe('nonce_store_fault');
    expect(await claim(store, 'n2')).toBe('nonce_store_fault');
  });

  it('cut off while it was moved aside forgets nothing: the log alone is no store, and a new one begins with its floor', async () => {
    const path = join(folder, 'stormpulse.db');
    const first = open(path);
    nowSeconds += 10;
    const ts = nowSeconds;
    expect(await claim(first, 'n1', ts)).toBeUndefined();
    const cut = join(folder, 'cut.db');
    copyFileSync(`${path}-wal`, `${cut}-wal`);
    nowSeconds += 10;
    expect(await claim(open(cut), 'n1', ts)).toBe('before_floor');
  });
});
