import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasNodeSqlite } from './engine-node.ts';
import { openDatabase, SqliteError } from './index.ts';
import type { Database, EngineName, OpenDatabaseOptions, SqlValue } from './index.ts';

const engines: EngineName[] = hasNodeSqlite() ? ['libsql', 'node:sqlite'] : ['libsql'];

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SqliteError) return error.code;
    throw error;
  }
  return 'no error';
}

describe.each(engines)('sqlite on %s', (engine) => {
  let folder: string;
  let path: string;
  const opened: Database[] = [];

  function open(options: OpenDatabaseOptions = {}, at = path): Database {
    const database = openDatabase(at, { engine, ...options });
    opened.push(database);
    return database;
  }

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sqlite-'));
    path = join(folder, 'a b?#%é.db');
  });
  afterEach(() => {
    for (const database of opened.splice(0)) database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('SEC-062 sets and reads back WAL and synchronous=FULL, and NORMAL on request', () => {
    const full = open();
    expect(full.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
    expect(full.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 });
    full.close();
    expect(open({ synchronous: 'normal' }).prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 1 });
  });

  it('creates the file for its owner only', () => {
    open();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('gives every kind of value back as it was written', () => {
    const database = open();
    database.exec('CREATE TABLE v (i INTEGER, r REAL, t TEXT, b BLOB, any_ ANY) STRICT');
    const insert = database.prepare('INSERT INTO v VALUES (?, ?, ?, ?, ?)');
    const large = 9_007_199_254_740_993n;
    insert.run(7, 3, 'é\u{1F600}\n', new Uint8Array([0, 1, 0]), 5);
    insert.run(large, 1.5, '', new Uint8Array(), large);
    insert.run(null, null, null, null, null);
    insert.run(-1, -2, '3.0', Buffer.from('x'), 'text');
    expect(database.prepare('SELECT *, typeof(any_) AS kind FROM v ORDER BY rowid').all()).toEqual([
      { i: 7, r: 3, t: 'é\u{1F600}\n', b: new Uint8Array([0, 1, 0]), any_: 5, kind: 'integer' },
      { i: large, r: 1.5, t: '', b: new Uint8Array(), any_: large, kind: 'integer' },
      { i: null, r: null, t: null, b: null, any_: null, kind: 'null' },
      { i: -1, r: -2, t: '3.0', b: new Uint8Array([120]), any_: 'text', kind: 'text' },
    ]);
  });

  it('writes whole numbers as integers into columns without a type', () => {
    const database = open();
    database.exec('CREATE TABLE t (a TEXT, b)');
    database.prepare('INSERT INTO t VALUES (?, ?)').run(3, 3);
    expect(database.prepare('SELECT a, typeof(b) AS kind FROM t').get()).toEqual({ a: '3', kind: 'integer' });
  });

  it('takes one blob as the only parameter, also a slice of a larger buffer', () => {
    const database = open();
    database.exec('CREATE TABLE t (b BLOB)');
    database.prepare('INSERT INTO t VALUES (?)').run(new Uint8Array([1, 2, 3, 4]).subarray(1, 3));
    expect(database.prepare('SELECT b FROM t WHERE b = ?').get(Buffer.from([2, 3]))).toEqual({ b: new Uint8Array([2, 3]) });
  });

  it.each([
    ['a boolean', true],
    ['undefined', undefined],
    ['a date', new Date(0)],
    ['an array', [1]],
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['65 bits', 2n ** 63n],
    ['NUL in text', 'a\0b'],
    ['half a surrogate pair', '\ud800'],
  ])('refuses %s by its position and says what is expected', (_, value) => {
    const database = open();
    database.exec('CREATE TABLE t (a, b)');
    const insert = database.prepare('INSERT INTO t VALUES (?, ?)');
    expect(() => insert.run(1, value as SqlValue)).toThrow(/parameter 2 is .* expected /);
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 });
  });

  it('reads text with NUL whole, and reports text that is not UTF-8 as corrupt', () => {
    const database = open();
    database.exec("CREATE TABLE t (a TEXT); INSERT INTO t VALUES (CAST(x'610062' AS TEXT))");
    expect(database.prepare('SELECT a FROM t').get()).toEqual({ a: 'a\0b' });
    database.exec("UPDATE t SET a = CAST(x'ff61' AS TEXT)");
    expect(codeOf(() => database.prepare('SELECT a FROM t').get())).toBe('corrupt');
    expect(codeOf(() => database.prepare('SELECT a FROM t').all())).toBe('corrupt');
  });

  it('counts parameters and refuses what the engines would let pass', () => {
    const database = open();
    database.exec('CREATE TABLE t (a, b)');
    expect(() => database.prepare("INSERT INTO t VALUES ('?', ?) -- ?").run()).toThrow(/takes 1 parameters, 0 were given/);
    expect(() => database.prepare('SELECT 1; SELECT 2')).toThrow(/more than one statement/);
    expect(() => database.prepare('SELECT :a')).toThrow(/plain "\?"/);
    expect(() => database.prepare(' ')).toThrow(/empty/);
    expect(codeOf(() => database.prepare('SELEC 1'))).toBe('other');
  });

  it('keeps column names, double names and order, and says undefined for no row', () => {
    const database = open();
    database.exec('CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (2), (1), (3)');
    expect(database.prepare('SELECT a, a AS "b c" FROM t ORDER BY a DESC LIMIT ?;').all(2)).toEqual([
      { a: 3, 'b c': 3 },
      { a: 2, 'b c': 2 },
    ]);
    expect(database.prepare('WITH x AS (SELECT a FROM t) SELECT max(a) AS top FROM x').get()).toEqual({ top: 3 });
    expect(database.prepare('SELECT a FROM t WHERE a = ?').get(9)).toBeUndefined();
  });

  it('runs RETURNING to its end, counts its changes, and commits', () => {
    const database = open();
    database.exec('CREATE TABLE t (a INTEGER, s TEXT)');
    const insert = database.prepare('INSERT INTO t (a) VALUES (?), (?) RETURNING a');
    const changes = database.transaction(() => insert.run(1, 2).changes);
    expect(changes).toBe(2);
    expect(insert.all(3, 4)).toEqual([{ a: 3 }, { a: 4 }]);
    expect(() => database.prepare('UPDATE t SET a = 1 RETURNING s')).toThrow(/read it with SELECT/);
  });

  it('commits, rolls back with the first cause, refuses nesting and asynchronous work', async () => {
    const database = open();
    database.exec('CREATE TABLE t (a INTEGER PRIMARY KEY)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    expect(database.transaction(() => insert.run(1).changes)).toBe(1);
    expect(() =>
      database.transaction(() => {
        insert.run(2);
        throw new Error('first cause');
      }),
    ).toThrow('first cause');
    expect(() => database.transaction(() => database.transaction(() => 1))).toThrow(/do not nest/);
    expect(() => database.transaction(async () => insert.run(3))).toThrow(/synchronous/);
    expect(database.prepare('SELECT a FROM t').all()).toEqual([{ a: 1 }]);
    await Promise.resolve();
  });

  it('tells a full disk apart, names the file, and stays usable', () => {
    const database = open();
    database.exec('CREATE TABLE t (a BLOB); PRAGMA max_page_count = 8');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    const fill = (): unknown =>
      database.transaction(() => {
        for (let n = 0; n < 100; n += 1) insert.run(new Uint8Array(4_000));
      });
    expect(codeOf(fill)).toBe('full');
    expect(fill).toThrow(path);
    expect(database.prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 0 });
    expect(database.transaction(() => insert.run(new Uint8Array(1)).changes)).toBe(1);
  });

  it('tells constraint, busy, damage, and a missing folder apart', () => {
    const database = open();
    database.exec('CREATE TABLE t (a TEXT PRIMARY KEY)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    insert.run('x');
    expect(codeOf(() => insert.run('x'))).toBe('constraint');
    const second = open({ busyTimeoutMs: 1 });
    database.transaction(() => expect(codeOf(() => second.transaction(() => 1))).toBe('busy'));
    const junk = join(folder, 'junk.db');
    writeFileSync(junk, 'this is no database'.repeat(500));
    expect(codeOf(() => open({}, junk))).toBe('corrupt');
    expect(codeOf(() => open({}, join(folder, 'missing', 'x.db')))).toBe('io');
  });

  it('opens read-only without creating or changing anything', () => {
    expect(codeOf(() => open({ readonly: true }))).toBe('io');
    expect(existsSync(path)).toBe(false);
    const writer = open();
    writer.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    const reader = open({ readonly: true });
    expect(reader.prepare('SELECT a FROM t').all()).toEqual([{ a: 1 }]);
    expect(codeOf(() => reader.prepare('DELETE FROM t').run())).toBe('readonly');
    expect(codeOf(() => reader.exec('DROP TABLE t'))).toBe('readonly');
  });

  it('leaves no lock after close, and refuses work through statements that are left', () => {
    const database = open();
    database.exec('CREATE TABLE t (a)');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    const select = database.prepare('SELECT a FROM t');
    insert.run(1);
    select.get();
    database.exec('BEGIN IMMEDIATE');
    insert.run(2);
    database.close();
    database.close();
    expect(() => insert.run(3)).toThrow(/closed/);
    expect(() => select.get()).toThrow(/closed/);
    const next = open({ busyTimeoutMs: 1 });
    next.transaction(() => next.prepare('INSERT INTO t VALUES (?)').run(4));
    expect(next.prepare('SELECT a FROM t').all()).toEqual([{ a: 1 }, { a: 4 }]);
  });

  const dist = join(import.meta.dirname, '..', 'dist', 'index.js');
  it('keeps committed rows of a killed process', () => {
    if (!existsSync(dist)) throw new Error(`${dist} is not built; run: npm run build`);
    const file = JSON.stringify(path);
    const program = `import { openDatabase } from './index.ts';
      const d = openDatabase(${file}, { engine: '${engine}' });
      d.exec('CREATE TABLE t (a)'); const s = d.prepare('INSERT INTO t VALUES (?)');
      for (let n = 0; n < 50; n += 1) d.transaction(() => s.run(n));
      process.kill(process.pid, 'SIGKILL');`;
    const script = program.replace('./index.ts', dist);
    expect(() => execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })).toThrow();
    expect(open().prepare('SELECT count(*) AS n FROM t').get()).toEqual({ n: 50 });
  });

  it('is the same for any text, number and blob', () => {
    const database = open();
    database.exec('CREATE TABLE t (a ANY) STRICT');
    const insert = database.prepare('INSERT INTO t VALUES (?)');
    const read = database.prepare('SELECT a FROM t ORDER BY rowid DESC LIMIT 1');
    const text = fc.string({ unit: 'binary' }).filter((value) => !value.includes('\0'));
    const value = fc.oneof(text, fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.uint8Array());
    database.transaction(() =>
      fc.assert(
        fc.property(value, (written) => {
          insert.run(written);
          expect(read.get()?.['a']).toEqual(written);
        }),
      ),
    );
  });
});
