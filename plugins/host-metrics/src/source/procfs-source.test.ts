import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MetricsStopped, ProcMalformed, ProcUnreadable, RootUnreadable } from '../errors.ts';
import type { BlockCounts } from '../measure/space.ts';
import { ProcfsSource } from './procfs-source.ts';
import { SpaceProbe } from './space-probe.ts';
import type { Statfs } from './space-probe.ts';

const ROOT: BlockCounts = { blockBytes: 4096, blocks: 10_000, free: 4_000, available: 3_500 };
const answersAlways: Statfs = async () => ROOT;
const hangs = async (): Promise<BlockCounts> => await new Promise<BlockCounts>(() => undefined);

let folder: string;
let open: ProcfsSource[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'host-metrics-'));
  open = [];
  write('proc/filesystems', 'nodev\ttmpfs\nnodev\tnfs4\n\text4\n\txfs\n\tbtrfs\n');
  write('proc/diskstats', ' 254 1 vda1 1 0 8 0 1 0 8 0 0 1 1\n 253 0 dm-0 2 0 16 0 2 0 16 0 0 2 2\n');
});

afterEach(() => {
  for (const source of open) source.close();
  rmSync(folder, { recursive: true });
});

function write(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function sourceWith(statfs: Statfs = answersAlways): ProcfsSource {
  const source = new ProcfsSource({
    proc: join(folder, 'proc'),
    sys: join(folder, 'sys'),
    probe: new SpaceProbe(statfs, 5),
    wallMs: () => 2_000_250,
    monotonicMs: () => 77,
  });
  open.push(source);
  return source;
}

describe('cpu', () => {
  test('gives ticks, load, and the time since the boot by the wall clock', async () => {
    write('proc/stat', 'cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 2 3 4 5 6 7 8 9 10\nbtime 1900\n');
    write('proc/loadavg', '0.02 0.09 0.06 1/94 8776\n');
    expect(await sourceWith().cpu()).toEqual({
      atMs: 77,
      all: [1, 2, 3, 4, 5, 6, 7, 8],
      cores: new Map([[0, [1, 2, 3, 4, 5, 6, 7, 8]]]),
      load: [0.02, 0.09, 0.06],
      uptimeSeconds: 100.25,
    });
  });

  test('reads anew each time, also what outgrows the buffer', async () => {
    write('proc/loadavg', '0 0 0\n');
    write('proc/stat', 'cpu  1 2 3 4\nbtime 1900\n');
    const source = sourceWith();
    await source.cpu();
    write('proc/stat', `cpu  5 6 7 8\nintr ${'0 '.repeat(200_000)}\nbtime 1999\n`);
    expect(await source.cpu()).toMatchObject({ all: [5, 6, 7, 8, 0, 0, 0, 0], uptimeSeconds: 1.25 });
  });

  test('says which file is missing or has nothing usable, and what to do', async () => {
    const error = await sourceWith()
      .cpu()
      .catch((thrown: unknown) => thrown);
    expect(ProcUnreadable.is(error)).toBe(true);
    expect(String(error)).toMatch(/proc\/stat \(ENOENT\).*ProcSubset/u);
    write('proc/stat', 'btime 5\n');
    await expect(sourceWith().cpu()).rejects.toHaveProperty('code', ProcMalformed.code);
    write('proc/stat', 'cpu  1 2 3 4\n');
    await expect(sourceWith().cpu()).rejects.toThrow('btime');
    write('proc/meminfo', 'garbage\n');
    await expect(sourceWith().memory()).rejects.toThrow('MemTotal');
  });
});

describe('disks', () => {
  const mounts = [
    '22 27 0:21 / /proc rw - proc proc rw',
    '27 1 254:1 / / rw - ext4 /dev/root rw',
    '30 27 253:0 / /srv/my\\040data rw - xfs /dev/mapper/vg-data rw',
    '31 27 254:1 /var/lib /mnt/bind rw - ext4 /dev/root rw',
    '32 27 0:40 / /net rw - nfs4 server:/export rw',
    '33 27 0:41 / /run rw - tmpfs tmpfs rw',
    '34 27 0:42 / /none rw - ext4 none rw',
  ];

  test('lists each real device once under its kernel name, the other places in `also`', async () => {
    write('proc/self/mountinfo', mounts.join('\n'));
    const asked: string[] = [];
    const source = sourceWith(async (path) => {
      asked.push(path);
      return ROOT;
    });
    const { root, fileSystems, atMs } = await source.disks({ all: true });
    expect(fileSystems.map(({ device, mountpoint, also, type }) => ({ device, mountpoint, also, type }))).toEqual([
      { device: '/dev/vda1', mountpoint: '/', also: ['/mnt/bind'], type: 'ext4' },
      { device: '/dev/dm-0', mountpoint: '/srv/my data', also: [], type: 'xfs' },
    ]);
    expect(fileSystems[1]?.counters).toEqual({ reads: 2, readSectors: 16, writes: 2, writtenSectors: 16, busyMs: 2 });
    expect(root.usage_pct).toBeCloseTo(63.1578947, 6);
    expect(atMs).toBe(77);
    expect(asked).toEqual(['/', '/srv/my data']);
  });

  test('follows the kernel’s list when it changes', async () => {
    write('proc/self/mountinfo', mounts[1] ?? '');
    const source = sourceWith();
    expect((await source.disks({ all: true })).fileSystems).toHaveLength(1);
    write('proc/self/mountinfo', mounts.join('\n'));
    expect((await source.disks({ all: true })).fileSystems).toHaveLength(2);
  });

  test('asks the host’s file systems through process 1 where that may be followed', async () => {
    mkdirSync(join(folder, 'proc/1/root'), { recursive: true });
    write('proc/1/mountinfo', mounts.slice(0, 2).join('\n'));
    write('proc/self/mountinfo', '40 1 8:1 / /sandbox rw - ext4 /dev/sda1 rw');
    const asked: string[] = [];
    const source = sourceWith(async (path) => {
      asked.push(path);
      return ROOT;
    });
    expect((await source.disks({ all: true })).fileSystems.map(({ mountpoint }) => mountpoint)).toEqual(['/']);
    expect(asked).toEqual(['/', join(folder, 'proc/1/root/')]);
  });

  test('leaves out a file system whose statfs fails, and keeps the others', async () => {
    write('proc/self/mountinfo', mounts.join('\n'));
    const source = sourceWith(async (path) => {
      if (path === '/srv/my data') throw Object.assign(new Error('I/O error'), { code: 'EIO' });
      return ROOT;
    });
    const { fileSystems, unresponsive } = await source.disks({ all: true });
    expect(fileSystems.map(({ mountpoint }) => mountpoint)).toEqual(['/']);
    expect(unresponsive).toEqual([]);
  });

  test('names a file system that hangs, does not wait for it, and never asks it again', async () => {
    write('proc/self/mountinfo', mounts.join('\n'));
    const asked: string[] = [];
    const source = sourceWith(async (path) => {
      asked.push(path);
      return path === '/srv/my data' ? await hangs() : ROOT;
    });
    for (const _round of [1, 2, 3]) {
      const { fileSystems, unresponsive } = await source.disks({ all: true });
      expect(fileSystems.map(({ mountpoint }) => mountpoint)).toEqual(['/']);
      expect(unresponsive).toEqual(['/srv/my data']);
    }
    expect(asked.filter((path) => path === '/srv/my data')).toHaveLength(1);
  });

  test('lists no file systems but keeps the root where the kernel’s lists are hidden', async () => {
    rmSync(join(folder, 'proc'), { recursive: true });
    const { fileSystems, root } = await sourceWith().disks({ all: true });
    expect(fileSystems).toEqual([]);
    expect(root.total_bytes).toBe(40_960_000);
  });

  test('fails whole when the root does not answer, or cannot', async () => {
    await expect(sourceWith(hangs).disks({ all: false })).rejects.toThrow(/did not answer/u);
    const failing: Statfs = async () => await Promise.reject(Object.assign(new Error('no'), { code: 'EIO' }));
    await expect(sourceWith(failing).disks({ all: false })).rejects.toHaveProperty('code', RootUnreadable.code);
  });
});

describe('SpaceProbe', () => {
  test('leaves two threads of the pool free however many file systems hang', async () => {
    const asked: string[] = [];
    const probe = new SpaceProbe(async (path) => {
      asked.push(path);
      return await hangs();
    }, 1);
    for (const path of ['/a', '/b', '/c', '/d']) expect((await probe.ask(path)).kind).toBe('unresponsive');
    expect(asked).toEqual(['/a', '/b']);
    await probe.ask('/', true);
    expect(asked).toEqual(['/a', '/b', '/']);
  });

  test('asks again once a late answer has come', async () => {
    let answer: (counts: BlockCounts) => void = () => undefined;
    const first = new Promise<BlockCounts>((resolve) => {
      answer = resolve;
    });
    let calls = 0;
    const probe = new SpaceProbe(async () => {
      calls += 1;
      return calls === 1 ? await first : ROOT;
    }, 1);
    expect((await probe.ask('/slow')).kind).toBe('unresponsive');
    answer(ROOT);
    await first;
    await new Promise((resolve) => setImmediate(resolve));
    expect(await probe.ask('/slow')).toEqual({ kind: 'answered', counts: ROOT });
  });
});

describe('interfaces', () => {
  const numbers = '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16';

  test('are up by the administrator’s flag, and down when they have just gone', async () => {
    write('proc/net/dev', `a |b\n c |d\n eth0: ${numbers}\n eth1: ${numbers}\n gone0: ${numbers}\n lo: ${numbers}\n`);
    write('sys/class/net/eth0/flags', '0x1003\n');
    write('sys/class/net/eth1/flags', '0x1002\n');
    const interfaces = await sourceWith().interfaces();
    expect(interfaces.map(({ name, isUp }) => [name, isUp])).toEqual([
      ['eth0', true],
      ['eth1', false],
      ['gone0', false],
    ]);
  });
});

test('an interface that comes back is read anew', async () => {
  const numbers = '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16';
  const source = sourceWith();
  const isUp = async (): Promise<unknown> => (await source.interfaces())[0]?.isUp;
  write('proc/net/dev', `eth0: ${numbers}\n`);
  write('sys/class/net/eth0/flags', '0x1003\n');
  expect(await isUp()).toBe(true);
  write('proc/net/dev', '');
  rmSync(join(folder, 'sys/class/net/eth0'), { recursive: true });
  expect(await isUp()).toBeUndefined();
  write('proc/net/dev', `eth0: ${numbers}\n`);
  write('sys/class/net/eth0/flags', '0x1002\n');
  expect(await isUp()).toBe(false);
});

test('a closed source says so, for good', async () => {
  const source = sourceWith();
  source.close();
  source.close();
  await expect(source.memory()).rejects.toHaveProperty('code', MetricsStopped.code);
});
