import { X509Certificate, createPrivateKey } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type * as FileSystem from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthority } from '../../test-support/authority.ts';
import type { Authority, Pair } from '../../test-support/authority.ts';
import { HostFolder } from '../../test-support/host-folder.ts';
import { clientPairs, currentPair } from './client-pair.ts';
import type { ClientPairs } from './client-pair.ts';

/** The process ends at the call `crashAt`: from then on nothing changes the disk. Nothing is made beside files of `readOnly`. */
const disk = vi.hoisted(() => ({ calls: 0, crashAt: Number.POSITIVE_INFINITY, readOnly: '' }));

vi.mock('node:fs', async (importOriginal) => {
  const real: Record<string, unknown> = { ...(await importOriginal<typeof FileSystem>()) };
  const changing = ['openSync', 'fchmodSync', 'writeFileSync', 'fsyncSync', 'renameSync', 'rmSync'];
  const watch = (name: string): readonly [string, unknown] => {
    const call = real[name] as (...args: unknown[]) => unknown;
    return [
      name,
      (...args: unknown[]) => {
        disk.calls += 1;
        if (disk.calls >= disk.crashAt) throw new Error('the process is gone');
        if (disk.readOnly !== '' && name === 'openSync' && new RegExp(disk.readOnly, 'u').test(String(args[0])))
          throw Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' });
        return call(...args);
      },
    ];
  };
  return { ...real, ...Object.fromEntries(changing.map(watch)) };
});

describe('the certificate and key in use', () => {
  let authority: Authority;
  let first: Pair;
  let second: Pair;
  let third: Pair;
  let host: HostFolder;

  beforeAll(async () => {
    authority = await createAuthority();
    const issue = async (): Promise<Pair> => await authority.issue({ commonName: 'web-1', use: 'client' });
    [first, second, third] = [await issue(), await issue(), await issue()];
  });
  beforeEach(() => {
    disk.crashAt = Number.POSITIVE_INFINITY;
    disk.readOnly = '';
    host = new HostFolder();
    host.write('agent.pem', first.cert, 0o644);
    host.write('agent-key.pem', first.key, 0o600);
  });
  afterEach(() => host.close());

  const paths = (): Parameters<typeof clientPairs>[0] => ({
    certificatePath: host.path('agent.pem'),
    keyPath: host.path('agent-key.pem'),
    databasePath: host.path('stormpulse.db'),
  });
  const open = (): ClientPairs => clientPairs(paths());
  const inUse = (): string => currentPair(paths()).cert.trim();
  const renew = (pairs: ClientPairs, pair: Pair): void => {
    pairs.stage(pair);
    pairs.promote();
  };
  const fits = ({ cert, key }: Pair): boolean => new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  const hostPair = (): Pair => ({
    cert: readFileSync(host.path('agent.pem'), 'utf8'),
    key: readFileSync(host.path('agent-key.pem'), 'utf8'),
  });

  it("is the host's own until one is renewed, then the new one, also in the host's own files; the old stays until it is proven", () => {
    const pairs = open();
    expect(inUse()).toBe(first.cert.trim());
    pairs.stage(second);
    expect(inUse()).toBe(first.cert.trim());
    pairs.promote();
    expect(inUse()).toBe(second.cert.trim());
    expect([hostPair().cert.trim(), fits(hostPair())]).toEqual([second.cert.trim(), true]);
    expect(readFileSync(host.path('client-pair.pem.prev'), 'utf8')).toContain(first.cert.trim());
    pairs.proven();
    expect(readdirSync(host.folder).filter((name) => name.startsWith('client-pair'))).toEqual(['client-pair.pem']);
    renew(pairs, third);
    expect([inUse(), hostPair().cert.trim()]).toEqual([third.cert.trim(), third.cert.trim()]);
  });

  it('SEC-028 SEC-181 a crash at any step of a renewal leaves a pair that fits, and the next start mends the rest', () => {
    const pairs = open();
    renew(pairs, second);
    disk.calls = 0;
    renew(pairs, third);
    const steps = disk.calls;
    expect(steps).toBeGreaterThan(15);
    const outcomes = new Set<string>();
    for (let step = 1; step <= steps; step += 1) {
      for (const name of readdirSync(host.folder)) rmSync(host.path(name));
      host.write('agent.pem', first.cert, 0o644);
      host.write('agent-key.pem', first.key, 0o600);
      renew(open(), second);
      disk.calls = 0;
      disk.crashAt = step;
      const dying = clientPairs(paths());
      try {
        renew(dying, third);
      } catch (error) {
        expect(String(error)).toContain('the process is gone');
      }
      disk.crashAt = Number.POSITIVE_INFINITY;
      const left = currentPair(paths());
      expect(fits(left), `step ${step}`).toBe(true);
      expect([second.cert.trim(), third.cert.trim()], `step ${step}`).toContain(left.cert.trim());
      open().repair();
      expect(inUse(), `step ${step}`).toBe(left.cert.trim());
      expect([fits(hostPair()), hostPair().cert], `step ${step}`).toEqual([true, left.cert]);
      expect(readdirSync(host.folder).filter((name) => /\.tmp$|\.next$/u.test(name))).toEqual([]);
      outcomes.add(left.cert);
    }
    expect(outcomes.size).toBe(2);
  });

  it('SEC-027 SEC-181 keeps keys to the agent alone, and the modes of the host', () => {
    chmodSync(host.path('agent-key.pem'), 0o640);
    const pairs = open();
    pairs.stage(second);
    expect(statSync(host.path('client-pair.pem.next')).mode & 0o777).toBe(0o600);
    pairs.promote();
    const mode = (name: string): number => statSync(host.path(name)).mode & 0o777;
    expect(['client-pair.pem', 'client-pair.pem.prev', 'agent-key.pem', 'agent.pem'].map(mode)).toEqual([
      0o600, 0o600, 0o640, 0o644,
    ]);
  });

  it('gives way to an enrollment that a person made since', () => {
    renew(open(), second);
    host.write('agent.pem', third.cert, 0o644);
    host.write('agent-key.pem', third.key, 0o600);
    open().repair();
    expect([inUse(), hostPair().cert]).toEqual([third.cert.trim(), third.cert]);
  });

  it.each([
    ['is cut short', (text: string): string => text.slice(0, 200)],
    ['is empty', (): string => ''],
    ['holds the key of another', (text: string): string => text.replace(second.key.trim(), () => third.key.trim())],
  ])('passes over a renewed pair whose file %s', (_title, damage) => {
    renew(open(), second);
    const file = host.path('client-pair.pem');
    writeFileSync(file, damage(readFileSync(file, 'utf8')));
    expect(fits(currentPair(paths()))).toBe(true);
    expect(inUse()).toBe(second.cert.trim());
  });

  it("renews also where the host's own files are root's, and says that they stayed", () => {
    const told: string[] = [];
    disk.readOnly = 'agent(?:-key)?\\.pem\\.[0-9a-f]{12}\\.tmp$';
    const pairs = clientPairs(paths(), (error) => told.push(String(error)));
    for (const pair of [second, third]) renew(pairs, pair);
    expect([inUse(), hostPair().cert, told.length]).toEqual([third.cert.trim(), first.cert, 2]);
    expect(told[0]).toContain('EROFS');
    disk.readOnly = '';
    open().repair();
    expect([fits(hostPair()), hostPair().cert.trim()]).toEqual([true, third.cert.trim()]);
  });

  it('SEC-166 passes over a renewed pair that others may read or change', () => {
    renew(open(), second);
    host.write('agent.pem', first.cert, 0o644);
    host.write('agent-key.pem', first.key, 0o600);
    expect(inUse()).toBe(second.cert.trim());
    chmodSync(host.path('client-pair.pem'), 0o644);
    rmSync(host.path('client-pair.pem.prev'));
    expect(inUse()).toBe(first.cert.trim());
    expect(existsSync(host.path('client-pair.pem'))).toBe(true);
  });
});
