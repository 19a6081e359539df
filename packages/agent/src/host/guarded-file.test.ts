import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HostFolder } from '../../test-support/host-folder.ts';
import { refusalOf } from '../../test-support/refusal.ts';
import { assertStateFolder, readGuarded } from './guarded-file.ts';

const SECRET = { secrecy: 'secret', maxBytes: 100 } as const;
const PUBLIC = { secrecy: 'public', maxBytes: 100 } as const;

describe('SEC-166 files that decide something', () => {
  let host: HostFolder;

  beforeEach(() => {
    host = new HostFolder();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    host.close();
  });

  it.each([
    ['0600', true, true],
    ['0640', true, true],
    ['0400', true, true],
    ['0644', true, false],
    ['0604', true, false],
    ['0601', true, false],
    ['0660', false, false],
    ['0606', false, false],
    ['0620', false, false],
  ])('mode %s: public %s, secret %s', (mode, asPublic, asSecret) => {
    const path = host.write('key', 'k', Number.parseInt(mode, 8));
    for (const [options, isFine] of [
      [PUBLIC, asPublic],
      [SECRET, asSecret],
    ] as const) {
      if (isFine) expect(readGuarded(path, options).toString()).toBe('k');
      else {
        const { code, message } = refusalOf(() => readGuarded(path, options));
        expect(code).toBe('E_FILE_MODE');
        expect(message).toMatch(new RegExp(`^${path} has mode ${mode}: .*; run: chmod (?:go-w|o=) ${path}$`, 'u'));
      }
    }
  });

  it('belongs to somebody else: names the user and the fix; root may own it', () => {
    const path = host.write('key', 'k');
    const own = process.geteuid?.() ?? 0;
    if (own === 0) chownSync(path, 12_345, 0);
    else vi.spyOn(process, 'geteuid').mockReturnValue(own + 1);
    const { code, message } = refusalOf(() => readGuarded(path, SECRET));
    expect(code).toBe('E_FILE_MODE');
    expect(message).toMatch(/belongs to user \d+, .*; run: chown \d+ /u);
    vi.spyOn(process, 'geteuid').mockReturnValue(1000);
    readGuarded('/etc/passwd', { secrecy: 'public', maxBytes: 1024 * 1024 });
  });

  it('is larger than anything it could be', () => {
    const path = host.write('key', 'k'.repeat(101));
    expect(refusalOf(() => readGuarded(path, SECRET)).message).toBe(
      `${path}: is 101 bytes, at most 100 are read; is this the right file?`,
    );
  });

  it('the folder of the state, what is above it, and the database in it', () => {
    const state = host.path('state');
    mkdirSync(state);
    const database = `${state}/stormpulse.db`;
    assertStateFolder(database);
    host.write('state/stormpulse.db', '', 0o666);
    expect(refusalOf(() => assertStateFolder(database)).message).toContain(`chmod go-w ${database}`);
    chmodSync(database, 0o644); // as v1 left it
    assertStateFolder(database);
    chmodSync(state, 0o770);
    expect(refusalOf(() => assertStateFolder(database)).message).toContain(`chmod go-w ${state}`);
  });

  describe('every folder above, up to the root', () => {
    const LEVELS = ['a', 'a/b', 'a/b/c'] as const;
    let path: string;

    beforeEach(() => {
      mkdirSync(host.path('a/b/c'), { recursive: true });
      path = host.write('a/b/c/key', 'k');
    });

    it.each(LEVELS.flatMap((level) => (['0770', '0707', '0777'] as const).map((mode) => [level, mode] as const)))(
      '%s of mode %s is named with its fix; a sticky one passes',
      (level, mode) => {
        const folder = host.path(level);
        chmodSync(folder, Number.parseInt(mode, 8));
        for (const options of [SECRET, PUBLIC]) {
          const { code, message } = refusalOf(() => readGuarded(path, options));
          expect(code).toBe('E_FILE_MODE');
          expect(message).toContain(`run: chmod go-w ${folder}`);
        }
        chmodSync(folder, Number.parseInt(mode, 8) | 0o1000);
        expect(readGuarded(path, SECRET).toString()).toBe('k');
      },
    );

    it.each(LEVELS)('%s of another user is refused, sticky or not', (level) => {
      const folder = host.path(level);
      const own = process.geteuid?.() ?? 0;
      // Without root everything here becomes another user's.
      if (own === 0) chownSync(folder, 12_345, 0);
      else vi.spyOn(process, 'geteuid').mockReturnValue(own + 1);
      for (const mode of [0o755, 0o1777]) {
        chmodSync(folder, mode);
        const { code, message } = refusalOf(() => readGuarded(path, SECRET));
        expect(code).toBe('E_FILE_MODE');
        expect(message).toMatch(/belongs to user \d+, who may change it; .*; run: chown \d+ /u);
      }
    });

    it('is looked at along a link and past it', () => {
      const link = host.path('link');
      symlinkSync(path, link);
      expect(readGuarded(link, SECRET).toString()).toBe('k');
      chmodSync(host.path('a'), 0o777);
      expect(refusalOf(() => readGuarded(link, SECRET)).message).toContain(`run: chmod go-w ${host.path('a')}`);
    });
  });
});
