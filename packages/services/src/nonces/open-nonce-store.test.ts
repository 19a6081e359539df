import {
  chmodSync,
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NonceStore } from '@stormpulse/kernel';
import { SqliteError, openDatabase } from '@stormpulse/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accepted } from '../../test-support/acceptance.ts';
import { openNonceStore } from './open-nonce-store.ts';
import type { OpenNonceStoreOptions } from './open-nonce-store.ts';

const NOBODY = 65_534;

describe('openNonceStore', () => {
  let folder: string;
  let path: string;
  let nowSeconds: number;
  let logged: { readonly text: string; readonly message: string }[];
  const opened: NonceStore[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nonces-'));
    path = join(folder, 'stormpulse.db');
    nowSeconds = 1_767_268_800;
    logged = [];
  });
  afterEach(() => {
    opened.splice(0).forEach((store) => store.close());
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (more: Partial<OpenNonceStoreOptions> = {}): NonceStore => {
    const error = (fields: object | string, text = ''): void => {
      const cause = (fields as { readonly err?: Error }).err;
      logged.push({ text, message: cause?.message ?? '' });
    };
    const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined, error };
    const store = openNonceStore({ path, clock: { now: () => nowSeconds * 1_000 }, maxAgeSeconds: 60, logger, ...more });
    opened.push(store);
    return store;
  };
  const claim = (store: NonceStore, nonce: string): ReturnType<NonceStore['claim']> =>
    store.claim(nonce, BigInt(nowSeconds) * 1_000_000n, nowSeconds * 1_000, accepted(nonce));
  const begin = async (): Promise<void> => {
    const store = open();
    nowSeconds += 10;
    expect(await claim(store, 'n1')).toBeUndefined();
    store.close();
  };
  const aside = (): string[] => readdirSync(folder).filter((name) => /\.corrupt-[\dTZ.]+(-\d)?$/u.test(name));

  it('makes the file for its owner alone', () => {
    open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['a symbolic link', (at: string) => symlinkSync('elsewhere.db', at)],
    ['a folder', (at: string) => mkdirSync(at)],
  ])('refuses %s in its place, and says what to do', (found, place) => {
    place(path);
    expect(() => open()).toThrow(
      new RegExp(`db_path = "${path}": ${found} is there, a regular file was expected; move it away`, 'u'),
    );
    expect(readdirSync(folder)).toEqual(['stormpulse.db']);
  });

  describe('SEC-063 a damaged file', () => {
    const damage = (work: (fd: number) => void): void => {
      const fd = openSync(path, 'r+');
      work(fd);
      closeSync(fd);
    };

    it('that is no database is kept aside, and the new one refuses what the old one knew', async () => {
      await begin();
      writeFileSync(path, 'this was a database once\n'.repeat(400));
      const store = open();
      expect(await claim(store, 'n1')).toBe('before_floor');
      expect(aside()).toHaveLength(1);
      expect(readFileSync(join(folder, aside()[0] ?? ''), 'utf8')).toContain('this was a database once');
      expect(logged).toMatchObject([{ text: expect.stringContaining('moved aside') as unknown }]);
      nowSeconds += 10;
      expect(await claim(store, 'n2')).toBeUndefined();
    });

    it.each([
      ['a page of the nonces', 1],
      ['a page of their index, which nothing but a check reads at the start', 2],
    ])('with %s overwritten is found at the start', async (_name, page) => {
      await begin();
      damage((fd) => writeSync(fd, Buffer.alloc(4_096, 0xa5), 0, 4_096, page * 4_096));
      const store = open();
      expect(await claim(store, 'n1')).toBe('before_floor');
      expect(aside()).toHaveLength(1);
    });

    it('twice makes two files, and a third start none', async () => {
      for (let round = 0; round < 2; round += 1) {
        writeFileSync(path, 'x'.repeat(5_000));
        open().close();
      }
      open().close();
      expect(aside()).toHaveLength(2);
    });
  });

  it('SEC-066 refuses every command where the file cannot be written, without stopping the agent', async () => {
    await begin();
    const unwritable = process.getuid?.() === 0 ? asNobody : withoutMode;
    await unwritable(folder, path, async () => {
      const store = open();
      expect(await claim(store, 'n2')).toBe('nonce_store_fault');
      expect(logged[0]).toMatchObject({
        text: expect.stringContaining('every command is refused') as unknown,
        message: expect.stringMatching(/stormpulse\.db: .*(owner|folder)/u) as unknown,
      });
      store.close();
    });
    expect(await claim(open(), 'n1')).toBe('replayed_nonce');
  });

  it('SEC-066 opens it at a later command once it can be opened, and a new one begins with its floor', async () => {
    let away = true;
    const store = open({
      open: (file, options) => {
        if (away) throw new SqliteError('full', file, 'injected');
        return openDatabase(file, options);
      },
    });
    expect(await claim(store, 'n1')).toBe('nonce_store_fault');
    away = false;
    expect(await claim(store, 'n1')).toBe('before_floor');
    nowSeconds += 10;
    expect(await claim(store, 'n1')).toBeUndefined();
  });

  it('takes no claim after it was closed, even if it never was open', async () => {
    const store = open({
      open: (file) => {
        throw new SqliteError('io', file, 'injected');
      },
    });
    store.close();
    expect(await claim(store, 'n1')).toBe('nonce_store_fault');
  });
});

/** root may write anything, so the test steps down for a moment. */
async function asNobody(folder: string, path: string, work: () => Promise<void>): Promise<void> {
  chmodSync(folder, 0o755);
  for (const suffix of ['', '-wal', '-shm'])
    if (statSync(path + suffix, { throwIfNoEntry: false })) chownSync(path + suffix, 0, 0);
  chmodSync(path, 0o444);
  process.seteuid?.(NOBODY);
  try {
    await work();
  } finally {
    process.seteuid?.(0);
    chmodSync(path, 0o600);
  }
}

async function withoutMode(folder: string, path: string, work: () => Promise<void>): Promise<void> {
  chmodSync(path, 0o400);
  chmodSync(folder, 0o500);
  try {
    await work();
  } finally {
    chmodSync(folder, 0o700);
    chmodSync(path, 0o600);
  }
}
