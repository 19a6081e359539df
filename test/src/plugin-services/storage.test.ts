import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { Duration, SecretParam, Type } from '@stormpulse/plugin-api';
import type { Store } from '@stormpulse/plugin-api';
import { openDatabase } from '@stormpulse/sqlite';
import { expect, test } from 'vitest';
import { rejection, setStage } from './plugin-stage.ts';
import type { PluginStage } from './plugin-stage.ts';

const MIB = 1024 * 1024;
const Seal = Type.Object({ sealed: Type.Boolean(), reason: Type.Optional(Type.String()) });
const AnyJson = Type.Unknown();

async function allOf(store: Store<unknown>): Promise<(readonly [string, unknown])[]> {
  const found: (readonly [string, unknown])[] = [];
  for await (const entry of store.entries()) found.push(entry);
  return found;
}

const text = (stage: PluginStage, plugin = 'demo', name = 'notes') => stage.plugin(plugin).store(name, AnyJson);

test('what was set is there after a restart, the deleted is not, and the file is for its owner alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stores-'));
  try {
    {
      await using stage = setStage({ folder });
      expect(existsSync(stage.path)).toBe(false);
      const store = stage.plugin('signoff').store('seal', Seal);
      expect(existsSync(stage.path)).toBe(false);
      await store.set('host', { sealed: true, reason: 'maintenance' });
      await store.set('gone', { sealed: false });
      expect([await store.delete('gone'), await store.delete('gone')]).toEqual([true, false]);
      expect(statSync(stage.path).mode & 0o777).toBe(0o600);
    }
    await using stage = setStage({ folder });
    const store = stage.plugin('signoff').store('seal', Seal);
    expect(await allOf(store)).toEqual([['host', { sealed: true, reason: 'maintenance' }]]);
    expect(await store.get('gone')).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('SEC-204: a plugin has its own names: neither another plugin nor another store of its own shares a key', async () => {
  await using stage = setStage();
  const stores = [text(stage, 'aa', 'b'), text(stage, 'aa', 'c'), text(stage, 'bb', 'b'), text(stage, 'aa-b', 'b')];
  for (const [at, store] of stores.entries()) await store.set('key', at);
  for (const [at, store] of stores.entries()) expect(await allOf(store)).toEqual([['key', at]]);
});

test('entries come in the order of their keys, each as it is when it is read', async () => {
  await using stage = setStage();
  const store = text(stage);
  for (const key of ['b', 'ä', 'a', '\u{1f600}', '\uffee', 'B', 'a b', "'; DROP TABLE plugin_values; --"])
    await store.set(key, 1);
  const seen: unknown[] = [];
  for await (const [key, value] of store.entries()) {
    seen.push([key, value]);
    if (key === 'a') await Promise.all([store.delete('a b'), store.set('b', 2), store.set('aa', 3)]);
  }
  expect(seen).toEqual([
    ["'; DROP TABLE plugin_values; --", 1],
    ['B', 1],
    ['a', 1],
    ['aa', 3],
    ['b', 2],
    ['ä', 1],
    ['\uffee', 1],
    ['\u{1f600}', 1],
  ]);
});

test('whatever JSON can hold comes back equal, under whatever key', async () => {
  await using stage = setStage();
  const store = text(stage);
  const kept = new Map<string, unknown>();
  const keys = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((key) => !/\p{Cc}|\p{Surrogate}/u.test(key));
  await fc.assert(
    fc.asyncProperty(keys, fc.jsonValue(), async (key, value) => {
      const plain = JSON.parse(JSON.stringify(value)) as unknown;
      await store.set(key, value);
      kept.set(key, plain);
      expect(await store.get(key)).toEqual(plain);
    }),
    { numRuns: 100 },
  );
  const sorted = [...kept].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  expect(await allOf(store)).toEqual(sorted);
});

test('a value is decoded by its schema and leaves the store as a copy; a secret of a value is not written', async () => {
  await using stage = setStage();
  const store = stage.plugin('demo').store('x', Type.Object({ every: Duration(), token: Type.Optional(SecretParam()) }));
  await store.set('a', { every: 15_000 });
  const one = (await store.get('a')) as { every: number };
  one.every = 1;
  expect(await store.get('a')).toEqual({ every: 15_000 });
});

test('E_STORE_NAME: names and keys that are none', async () => {
  await using stage = setStage();
  const plugin = stage.plugin('demo');
  for (const name of ['', 'A', 'a b', 'a.b', '../x', '1a', 'a_b', 'x'.repeat(64), 'a\0'])
    expect(() => plugin.store(name, Seal)).toThrow(expect.objectContaining({ code: 'E_STORE_NAME' }));
  const store = plugin.store('x'.repeat(63), AnyJson);
  for (const key of ['', 'a\0b', 'a\nb', '\ud800', 'x'.repeat(513), 'ä'.repeat(257), 5 as unknown as string]) {
    expect(await rejection(store.get(key))).toMatchObject({ code: 'E_STORE_NAME' });
    expect(await rejection(store.set(key, 1))).toMatchObject({ code: 'E_STORE_NAME' });
    expect(await rejection(store.delete(key))).toMatchObject({ code: 'E_STORE_NAME' });
  }
  await store.set('x'.repeat(512), 1);
});

test('E_STORE_INVALID: what its schema or JSON does not allow is not kept, and the value before stays', async () => {
  await using stage = setStage();
  const plugin = stage.plugin('demo');
  const store = plugin.store('seal', Seal);
  await store.set('host', { sealed: true });
  for (const value of [{ sealed: 'yes' }, null, undefined, 5])
    expect(await rejection(store.set('host', value))).toMatchObject({ code: 'E_STORE_INVALID' });
  expect(await store.get('host')).toEqual({ sealed: true });
  const odd = plugin.store('odd', Type.Any());
  for (const value of [undefined, 10n, () => 1])
    expect(await rejection(odd.set('a', value))).toMatchObject({ code: 'E_STORE_INVALID' });
  expect(await rejection(plugin.store('dates', Type.Date()).set('a', new Date()))).toMatchObject({ code: 'E_STORE_INVALID' });
  expect(await odd.get('a')).toBeUndefined();
});

test('E_STORE_QUOTA: a mebibyte a value, sixteen a plugin, counted in bytes, and what is deleted counts no more', async () => {
  await using stage = setStage();
  const store = text(stage, 'greedy');
  const whole = (bytes: number): string => 'x'.repeat(bytes - 2);
  await store.set('most', whole(MIB));
  expect(await rejection(store.set('most', whole(MIB + 1)))).toMatchObject({ code: 'E_STORE_QUOTA', details: { of: 'value' } });
  expect(await rejection(store.set('most', 'ä'.repeat(MIB / 2)))).toMatchObject({ code: 'E_STORE_QUOTA' });
  expect(await store.get('most')).toBe(whole(MIB));
  await store.delete('most');

  for (let n = 10; n < 26; n += 1) await store.set(String(n), whole(MIB - 2));
  expect(await rejection(store.set('z', 1))).toMatchObject({
    code: 'E_STORE_QUOTA',
    details: { of: 'plugin', maxBytes: 16 * MIB },
  });
  await text(stage, 'modest').set('z', 1);
  await store.set('10', whole(MIB - 4));
  await store.set('z', 1);
  expect(await rejection(store.set('y', 1))).toMatchObject({ code: 'E_STORE_QUOTA' });
  await store.delete('11');
  await store.set('y', 1);
});

test('the quota is that of a plain count, whatever is set and deleted in whatever order, over restarts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stores-'));
  const change = fc.record({
    key: fc.constantFrom('a', 'b', 'c', ...Array.from({ length: 20 }, (_, n) => `key-${n}`)),
    bytes: fc.oneof(fc.constant(0), fc.integer({ min: 700_000, max: MIB + 10 })),
    restart: fc.boolean(),
  });
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 30, maxLength: 40 }), async (changes) => {
        rmSync(folder, { recursive: true });
        mkdirSync(folder);
        const model = new Map<string, number>();
        let stage = setStage({ folder });
        let store = text(stage);
        for (const { key, bytes, restart } of changes) {
          if (restart) {
            await stage[Symbol.asyncDispose]();
            stage = setStage({ folder });
            store = text(stage);
          }
          if (bytes === 0) {
            expect(await store.delete(key)).toBe(model.delete(key));
            continue;
          }
          const after = new Map(model).set(key, bytes);
          const total = [...after].reduce((sum, [name, size]) => sum + name.length + size, 0);
          const fits = bytes <= MIB && (total <= 16 * MIB || bytes <= (model.get(key) ?? 0));
          const outcome = await store.set(key, 'x'.repeat(bytes - 2)).then(
            () => 'kept',
            (error: { code: string }) => error.code,
          );
          expect(outcome).toBe(fits ? 'kept' : 'E_STORE_QUOTA');
          if (fits) model.set(key, bytes);
        }
        await stage[Symbol.asyncDispose]();
      }),
      { numRuns: 3 },
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('E_STORE_CORRUPT: a value that is not what its schema allows is told by its key; the others are there', async () => {
  await using stage = setStage();
  const plugin = stage.plugin('demo');
  const old = plugin.store('seal', Type.Object({ sealed: Type.String() }));
  await old.set('a', { sealed: 'geheim' });
  const store = plugin.store('seal', Seal);
  await store.set('b', { sealed: true });
  const refused = await rejection(store.get('a'));
  expect(refused).toMatchObject({ code: 'E_STORE_CORRUPT', details: { plugin: 'demo', store: 'seal', key: 'a' } });
  expect(refused.message).not.toContain('geheim');
  expect(await rejection(allOf(store))).toMatchObject({ code: 'E_STORE_CORRUPT' });
  expect(await store.get('b')).toEqual({ sealed: true });

  const database = openDatabase(stage.path);
  for (const [key, bytes] of [
    ['not-text', 'ff'],
    ['not-json', '7b'],
    ['a', '6e756c6c'],
  ] as const)
    database
      .prepare('INSERT OR REPLACE INTO plugin_values VALUES (?, ?, ?, ?, ?)')
      .run('demo', 'seal', key, 1, Buffer.from(bytes, 'hex'));
  database.close();
  for (const key of ['not-text', 'not-json', 'a'])
    expect(await rejection(store.get(key))).toMatchObject({ code: 'E_STORE_CORRUPT' });
  await store.set('a', { sealed: false });
  expect(await store.get('a')).toEqual({ sealed: false });
});

test.each([
  [
    'from the start',
    (path: string) => writeFileSync(path, 'this is no database at all, and long enough to be sure of it. '.repeat(40)),
  ],
  ['in its pages', (path: string) => overwrite(path, 4_096, 8_192)],
])('a file that is damaged %s is moved aside with a word in the log, and plugins go on', async (_, damage) => {
  const folder = mkdtempSync(join(tmpdir(), 'stores-'));
  try {
    {
      await using stage = setStage({ folder });
      for (let n = 0; n < 50; n += 1) await text(stage).set(`key-${n}`, 'x'.repeat(100));
    }
    damage(join(folder, 'stormpulse.db.plugins'));
    await using stage = setStage({ folder });
    const store = text(stage);
    await store.set('key-1', 'new');
    expect(await store.get('key-1')).toBe('new');
    expect(await allOf(store)).toEqual([['key-1', 'new']]);
    const aside = readdirSync(folder).filter((name) => name.includes('.plugins.corrupt-'));
    expect(aside.length).toBeGreaterThan(0);
    expect(stage.log).toContainEqual(
      expect.objectContaining({ name: 'storage', level: 'error', message: expect.stringContaining('moved aside') as string }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function overwrite(path: string, from: number, bytes: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(bytes, 0xa5), 0, bytes, from);
  closeSync(file);
}

test('E_STORE_UNAVAILABLE: where the file cannot be, and once the plugin has stopped', async () => {
  await using stage = setStage();
  mkdirSync(stage.path);
  const plugin = stage.plugin('demo');
  const store = plugin.store('notes', AnyJson);
  expect(await rejection(store.set('a', 1))).toMatchObject({ code: 'E_STORE_UNAVAILABLE', retryable: true });
  rmSync(stage.path, { recursive: true });
  await store.set('a', 1);
  plugin.close();
  expect(await rejection(store.get('a'))).toMatchObject({ code: 'E_STORE_UNAVAILABLE' });
  expect((await rejection(store.set('a', 1))).message).toContain('has stopped');
});

test('with the last plugin the log is written back: the file alone holds everything', async () => {
  await using stage = setStage();
  const [one, two] = [stage.plugin('one'), stage.plugin('two')];
  await one.store('a', AnyJson).set('k', 1);
  one.close();
  await two.store('a', AnyJson).set('k', 2);
  two.close();
  await using elsewhere = setStage();
  copyFileSync(stage.path, elsewhere.path);
  expect(await elsewhere.plugin('two').store('a', AnyJson).get('k')).toBe(2);
});

test('SEC-062: what set has resolved outlives kill -9 in the next moment', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'stores-'));
  const script = `
    import { Type } from '@stormpulse/plugin-api';
    import { createPluginServices, createSystemClock, openStoreFile } from '@stormpulse/services';
    const nothing = () => undefined;
    const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
    const services = createPluginServices({
      clock: createSystemClock(), random: Math.random, events: { record: nothing }, reveal: nothing,
      stores: openStoreFile({ path: process.argv[1], logger }),
    });
    const owner = { name: 'demo', firstParty: false, capabilities: {}, logger, signal: new AbortController().signal, onHealth: nothing };
    const store = services.open(owner).store('notes', Type.Integer());
    for (let n = 1; ; n += 1) {
      await store.set('last', n);
      await new Promise((resolve) => process.stdout.write(n + '\\n', resolve));
    }`;
  const path = join(folder, 'stormpulse.db.plugins');
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    cwd: new URL('../..', import.meta.url),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const ended = once(child, 'exit');
    let told = '';
    for await (const piece of child.stdout as AsyncIterable<Buffer>) {
      told += piece.toString();
      if (told.split('\n').length > 100) child.kill('SIGKILL');
    }
    await ended;
    const last = Number(told.trim().split('\n').at(-1));
    expect(last).toBeGreaterThanOrEqual(100);
    await using stage = setStage({ folder });
    expect(await text(stage).get('last')).toBeGreaterThanOrEqual(last);
    expect(readFileSync(path).length).toBeGreaterThan(0);
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});
