import {
  constants,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import type * as FileSystem from 'node:fs';
import type * as Crypto from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { removeLeftovers } from './leftovers.ts';
import { replaceFile, replaceFiles } from './replace-file.ts';

/** The calls that were made; `interfere` may throw in place of one, or do a part of it first. */
const disk = vi.hoisted(() => ({
  calls: [] as { readonly name: string; readonly args: readonly unknown[]; readonly result?: unknown }[],
  interfere: undefined as ((name: string, args: readonly unknown[], real: (...args: unknown[]) => unknown) => void) | undefined,
  random: undefined as string | undefined,
}));

vi.mock('node:fs', async (importOriginal) => {
  const real: Record<string, unknown> = { ...(await importOriginal<typeof FileSystem>()) };
  const watched = ['openSync', 'fchmodSync', 'fchownSync', 'writeFileSync', 'fsyncSync', 'closeSync', 'renameSync', 'rmSync'];
  const watch = (name: string): readonly [string, unknown] => {
    const call = real[name] as (...args: unknown[]) => unknown;
    return [
      name,
      (...args: unknown[]) => {
        disk.interfere?.(name, args, call);
        const result = call(...args);
        disk.calls.push({ name, args, result });
        return result;
      },
    ];
  };
  return { ...real, ...Object.fromEntries(watched.map(watch)) };
});

vi.mock('node:crypto', async (importOriginal) => {
  const real = await importOriginal<typeof Crypto>();
  const randomBytes = (size: number): Buffer =>
    disk.random === undefined ? real.randomBytes(size) : Buffer.from(disk.random, 'hex');
  return { ...real, randomBytes };
});

const OLD = 'the old content';
const NEW = 'the new content, which is longer';

describe('replacing a file when the machine lets it down', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'faults-'));
    path = join(folder, 'state.json');
    replaceFile(path, OLD, { mode: 0o600 });
    disk.calls.length = 0;
  });
  afterEach(() => {
    disk.interfere = undefined;
    disk.random = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  const fails = (code: string): Error => Object.assign(new Error(`${code}: injected`), { code });
  const names = (): string[] => disk.calls.map(({ name }) => name);

  it('SEC-180 SEC-181 creates it alone and with its final mode, and has it on disk before the name leads to it', () => {
    replaceFile(path, NEW, { mode: 0o640 });
    const [made, renamed, synced] = [names().slice(0, 5), names().slice(5, 6), names().slice(6)];
    expect(made).toEqual(['openSync', 'fchmodSync', 'writeFileSync', 'fsyncSync', 'closeSync']);
    expect(renamed).toEqual(['renameSync']);
    expect(synced).toEqual(['openSync', 'fsyncSync', 'closeSync']);
    const [temporary, flags, mode] = disk.calls[0]?.args ?? [];
    expect(temporary).toMatch(new RegExp(`^${path}\\.[0-9a-f]{12}\\.tmp$`, 'u'));
    const alone = constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    expect(Number(flags) & alone).toBe(alone);
    expect(mode).toBe(0o640);
    expect(disk.calls[6]?.args[0]).toBe(folder);
  });

  describe('SEC-180 a power cut', () => {
    /** Ends the machine at call number `at`: half of a write happens, nothing after it, and what was not synced is lost. */
    const cutAt = (at: number): void => {
      const unsynced = new Map<unknown, string>();
      let count = 0;
      disk.interfere = (name, args) => {
        count += 1;
        if (count > at) {
          if (count === at + 1) {
            if (name === 'writeFileSync') writeSync(Number(args[0]), NEW.slice(0, 9));
            unsynced.forEach((file) => truncateSync(disk.calls.some((call) => call.name === 'renameSync') ? path : file, 0));
          }
          throw fails('CUT');
        }
        if (name === 'writeFileSync') unsynced.set(args[0], String(disk.calls[0]?.args[0]));
        if (name === 'fsyncSync') unsynced.delete(args[0]);
      };
    };

    it('at every step leaves the old content or the new, and the next start tidies up', () => {
      const found: string[] = [];
      for (let at = 0; at < 9; at += 1) {
        disk.calls.length = 0;
        cutAt(at);
        expect(() => replaceFile(path, NEW, { mode: 0o600 })).toThrow('CUT');
        disk.interfere = undefined;
        found.push(readFileSync(path, 'utf8'));
        removeLeftovers(path);
        expect(readdirSync(folder)).toEqual(['state.json']);
        replaceFile(path, OLD, { mode: 0o600 });
      }
      expect(found).toEqual([...Array.from({ length: 6 }, () => OLD), ...Array.from({ length: 3 }, () => NEW)]);
    });
  });

  it.each([
    ['EIO', 'fsyncSync'],
    ['ENOSPC', 'writeFileSync'],
    ['EROFS', 'renameSync'],
  ])('SEC-183 SEC-184 %s of %s is told, tried once, and leaves the old content alone', (code, failing) => {
    let tries = 0;
    disk.interfere = (name) => {
      if (name !== failing) return;
      tries += 1;
      throw fails(code);
    };
    expect(() => replaceFile(path, NEW, { mode: 0o600 })).toThrow(code);
    expect(tries).toBe(1);
    expect(readdirSync(folder)).toEqual(['state.json']);
    expect(readFileSync(path, 'utf8')).toBe(OLD);
  });

  it('SEC-183 EIO of the folder is told and tried once', () => {
    const synced: unknown[] = [];
    disk.interfere = (name, args) => {
      if (name !== 'fsyncSync') return;
      synced.push(args[0]);
      if (names().includes('renameSync')) throw fails('EIO');
    };
    expect(() => replaceFile(path, NEW, { mode: 0o600 })).toThrow('EIO');
    expect(synced).toHaveLength(2);
    expect(readFileSync(path, 'utf8')).toBe(NEW);
  });

  it('SEC-183 EIO of one of several changes none', () => {
    const other = join(folder, 'other.json');
    let syncs = 0;
    disk.interfere = (name) => {
      if (name === 'fsyncSync' && (syncs += 1) === 2) throw fails('EIO');
    };
    const entry = (file: string): { path: string; content: string; access: { mode: number } } => ({
      path: file,
      content: NEW,
      access: { mode: 0o600 },
    });
    expect(() => replaceFiles([entry(path), entry(other)])).toThrow('EIO');
    expect(readdirSync(folder)).toEqual(['state.json']);
    expect(readFileSync(path, 'utf8')).toBe(OLD);
  });

  it('SEC-182 a link planted under the temporary name is neither followed nor taken away', () => {
    disk.random = '0123456789ab';
    const planted = `${path}.0123456789ab.tmp`;
    const victim = join(folder, 'victim');
    symlinkSync(victim, planted);
    expect(() => replaceFile(path, NEW, { mode: 0o600 })).toThrow('EEXIST');
    expect(lstatSync(planted).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder)).not.toContain('victim');
    expect(readFileSync(path, 'utf8')).toBe(OLD);
  });

  it('SEC-182 takes another name each time', () => {
    for (let at = 0; at < 50; at += 1) replaceFile(path, NEW, { mode: 0o600, durable: false });
    const taken = disk.calls.filter(({ name }) => name === 'renameSync').map(({ args }) => args[0]);
    expect(new Set(taken).size).toBe(50);
  });
});
