import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '@stormpulse/sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseListen } from '../config/options.ts';
import { openHubDatabase, prepareStateDir } from './database.ts';
import { writeDurably } from './durable-file.ts';
import { newId } from './ids.ts';
import { MIGRATIONS } from './migrations.ts';
import { openSealer } from './sealer.ts';
import { createStores } from './stores.ts';
import type { Stores } from './stores.ts';

const NOW = 1_795_232_854_602;

describe('state folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'hub-store-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function withStores<T>(work: (stores: Stores) => T): T {
    const database = openHubDatabase(folder);
    try {
      return work(createStores(database));
    } finally {
      database.close();
    }
  }

  function addAgent(stores: Stores, id: string): void {
    stores.agents.add({ id, sealedKey: new Uint8Array(1), pulseHash: new Uint8Array(1), createdAt: NOW });
  }

  it('SEC-350 is private, in WAL with synchronous=FULL', () => {
    const inner = join(folder, 'state');
    prepareStateDir(inner);
    const database = openHubDatabase(inner);
    expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    database.close();
    expect(statSync(inner).mode & 0o777).toBe(0o700);
    expect(statSync(join(inner, 'hub.db')).mode & 0o777).toBe(0o600);
  });

  it('refuses a database of a newer hub', () => {
    withStores(() => undefined);
    const database = openDatabase(join(folder, 'hub.db'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(() => openHubDatabase(folder)).toThrow(/schema 99, this hub knows 3; start the newer hub/);
  });

  it('SEC-180 SEC-181 replaces a file whole, with its final mode, and leaves no rest', async () => {
    const path = join(folder, 'key');
    await writeDurably(path, 'one', 0o600);
    await writeDurably(path, 'two', 0o600);
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['key']);
    await expect(writeDurably(join(folder, 'no', 'key'), 'x', 0o600)).rejects.toThrow(/ENOENT/);
  });

  it('SEC-180 writes over a link, never through it', async () => {
    const outside = join(folder, 'outside');
    writeFileSync(outside, 'keep');
    symlinkSync(outside, join(folder, 'key'));
    await writeDurably(join(folder, 'key'), 'new', 0o600);
    expect(readFileSync(outside, 'utf8')).toBe('keep');
  });

  it('SEC-306 seals keys under a key of its own, bound to their row', async () => {
    const path = join(folder, 'store.key');
    const sealer = await openSealer(path);
    const sealed = sealer.seal(Buffer.from('secret'), 'hmac:a');
    expect(Buffer.from(sealed).includes('secret')).toBe(false);
    expect(Buffer.from((await openSealer(path)).unseal(sealed, 'hmac:a')).toString()).toBe('secret');
    expect(() => sealer.unseal(sealed, 'hmac:b')).toThrow(/does not fit the database/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    writeFileSync(path, 'short');
    await expect(openSealer(path)).rejects.toThrow(/has 5 bytes, expected 32/);
  });

  it('SEC-300 spends a token once, in time, and never when five uses failed', () => {
    withStores(({ tokens }) => {
      const add = (byte: number): number => {
        const hash = new Uint8Array(32).fill(byte);
        tokens.add({ hash, agentId: 'a', createdAt: NOW, expiresAt: NOW + 1_000 });
        return tokens.find(hash)?.id ?? 0;
      };
      const [once, old, locked] = [add(1), add(2), add(3)];
      expect([tokens.spend(once, NOW), tokens.spend(once, NOW)]).toEqual([true, false]);
      expect(tokens.spend(old, NOW + 1_000)).toBe(false);
      for (let n = 0; n < 5; n += 1) tokens.fail(locked);
      expect(tokens.spend(locked, NOW)).toBe(false);
    });
  });

  it('bounds what agents can fill', () => {
    withStores((stores) => {
      addAgent(stores, 'a');
      addAgent(stores, 'b');
      stores.transaction(() => {
        for (let n = 0; n < 1_100; n += 1)
          stores.anomalies.add('a', 'malformed', { n, long: 'x'.repeat(n === 0 ? 9_000 : 1) }, NOW);
        stores.anomalies.add('b', 'malformed', {}, NOW);
        for (let n = 0; n < 20_480; n += 1) stores.events.add('a', { at: NOW + n, kind: 'k', source: 's', body: { n } });
        for (let n = 0; n < 20_480; n += 1) stores.metrics.add('a', NOW + n, { ...NO_FIGURES, cpu_percent: 1 });
      });
      const anomalies = stores.anomalies.of('a');
      expect(anomalies).toHaveLength(1_000);
      expect(anomalies.at(-1)?.body).toMatchObject({ n: 1_099 });
      expect(stores.anomalies.of('b')).toHaveLength(1);
      const all = stores.metrics.read('a', ['cpu_percent'], { fromMs: 0, toMs: NOW * 2, points: 1_000_000 });
      expect(all.t).toHaveLength(20_000);
      expect(stores.events.latest('a', 1)).toMatchObject([{ body: { n: 20_479 } }]);
    });
  });

  it('keeps an event once, whatever batch it came in', () => {
    withStores((stores) => {
      addAgent(stores, 'a');
      const event = { at: NOW, kind: 'k', source: 's', body: { a: '\u0000\ud800' } };
      expect(stores.events.add('a', event)).toMatchObject({ id: 1 });
      expect(stores.events.add('a', event)).toBeUndefined();
      expect(stores.events.add('a', { ...event, at: NOW + 1 })).toMatchObject({ id: 2 });
    });
  });

  it('keeps events of one text apart by the ids their agent gave them, and knows one that came without', () => {
    withStores((stores) => {
      addAgent(stores, 'a');
      addAgent(stores, 'b');
      const event = { at: NOW, kind: 'k', source: 's', body: { a: 1 } };
      const add = (agentId: string, eventId?: string): number | undefined =>
        stores.events.add(agentId, eventId === undefined ? event : { ...event, eventId })?.id;
      // Without an id first, as the first batch of a connection is.
      expect([add('a'), add('a', 'x-1'), add('a', 'x-1'), add('a')]).toEqual([1, undefined, undefined, undefined]);
      expect([add('a', 'x-2'), add('a', 'x-2'), add('a')]).toEqual([2, undefined, undefined]);
      expect(add('b', 'x-1')).toBe(3);
    });
  });

  it('brings the events of an older hub along', () => {
    const database = openDatabase(join(folder, 'hub.db'));
    database.exec(MIGRATIONS[0] ?? '');
    database.exec(`PRAGMA user_version = 1;
      INSERT INTO agent (id, state, created, link, link_since, features, manifest, log_groups, hmac_key, pulse_hash, revision)
        VALUES ('a', 'active', 0, 'down', 0, '[]', '{}', '[]', x'00', x'00', 1);
      INSERT INTO event (agent_id, at, kind, source, body, hash) VALUES ('a', 7, 'k', 's', '{"n":1}', x'01');`);
    database.close();
    withStores((stores) => {
      expect(stores.events.latest('a', 5)).toEqual([{ id: 1, at: 7, kind: 'k', source: 's', body: { n: 1 } }]);
    });
  });

  it('ids sort by time and never repeat', () => {
    const ids = Array.from({ length: 1_000 }, (_, n) => newId('run', NOW + n));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(Array.from({ length: 1_000 }, () => newId('run', NOW))).size).toBe(1_000);
    expect(ids[0]).toMatch(/^run_[0-9A-HJKMNP-TV-Z]{26}$/);
  });

  it('reads addresses, and names the option of a wrong one', () => {
    expect(parseListen('127.0.0.1:8443', '--x')).toEqual({ host: '127.0.0.1', port: 8443 });
    expect(parseListen('[::1]:0', '--x')).toEqual({ host: '::1', port: 0 });
    for (const wrong of ['', '8443', 'host', 'host:', 'host:99999', '::1:80', '[host]:80', 'a b:1']) {
      expect(() => parseListen(wrong, '--x'), wrong).toThrow(/^--x .* expected HOST:PORT/);
    }
    expect(existsSync(join(folder, 'hub.db'))).toBe(false);
  });
});

const NO_FIGURES = {
  cpu_percent: null,
  memory_percent: null,
  memory_used_mb: null,
  memory_total_mb: null,
  disk_percent: null,
  disk_used_gb: null,
  disk_total_gb: null,
  load_avg_1m: null,
  load_avg_5m: null,
  uptime_seconds: null,
  containers: null,
};
