import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDiskstats } from '../parse/diskstats.ts';
import { parseMeminfo } from '../parse/meminfo.ts';
import { parseStat } from '../parse/stat.ts';
import type { CpuTimes } from '../parse/stat.ts';
import { Baseline } from './baseline.ts';
import { coreUsages, cpuUsagePct } from './cpu-usage.ts';
import { diskIo } from './disk-io.ts';
import { heldBytes, toMemoryReading } from './memory-usage.ts';
import { toSpace } from './space.ts';

function times(line: string): CpuTimes {
  const { all } = parseStat(`cpu  ${line}\n`);
  if (all === undefined) throw new Error('the test wrote a bad line');
  return all;
}

describe('CPU usage', () => {
  test('is the worked check of the specification: 69.1011236 %', () => {
    const usage = cpuUsagePct(times('1000 0 500 8000 100 0 10 5 200 0'), times('1100 0 520 8050 105 0 12 6 210 0'));
    expect(usage).toBeCloseTo(69.1011236, 6);
  });

  test('is 0 when only idle and iowait grew, 100 when neither did, 0 when nothing did', () => {
    expect(cpuUsagePct(times('10 0 0 100 5'), times('10 0 0 150 20'))).toBe(0);
    expect(cpuUsagePct(times('10 0 0 100 5'), times('20 0 5 100 5'))).toBe(100);
    expect(cpuUsagePct(times('10 0 0 100 5'), times('10 0 0 100 5'))).toBe(0);
  });

  test('a column that went back counts as not having moved', () => {
    expect(cpuUsagePct(times('100 0 0 100 50'), times('150 0 0 150 10'))).toBe(50);
  });

  test('never leaves 0 to 100', () => {
    const ticks = fc.tuple(...Array.from({ length: 8 }, () => fc.nat())) as unknown as fc.Arbitrary<CpuTimes>;
    fc.assert(
      fc.property(ticks, ticks, (before, after) => {
        const usage = cpuUsagePct(before, after);
        expect(usage >= 0 && usage <= 100).toBe(true);
      }),
    );
  });

  test('a CPU that came on is left out once, one that went off at once', () => {
    const before = parseStat('cpu0 0 0 0 0\ncpu1 0 0 0 0\n').cores;
    const after = parseStat('cpu0 1 0 0 3\ncpu2 9 0 0 0\n').cores;
    expect(coreUsages(before, after)).toEqual([{ id: 0, usage_pct: 25 }]);
    expect(coreUsages(after, parseStat('cpu0 2 0 0 3\ncpu2 10 0 0 1\n').cores)).toEqual([
      { id: 0, usage_pct: 100 },
      { id: 2, usage_pct: 50 },
    ]);
  });
});

describe('memory', () => {
  const text = 'MemTotal: 4000000 kB\nMemFree: 1000000 kB\nBuffers: 100000 kB\nCached: 1500000 kB\nSReclaimable: 200000 kB\n';

  test('is the worked check of the specification: 1 228 800 000 bytes, 30 %', () => {
    const reading = toMemoryReading(parseMeminfo(text));
    expect(reading).toBeDefined();
    if (reading === undefined) return;
    expect(heldBytes(reading)).toBe(1_228_800_000);
    expect((100 * heldBytes(reading)) / reading.total).toBeCloseTo(30, 6);
  });

  test('estimates what is available on a kernel that does not, and never has more than the total', () => {
    expect(toMemoryReading(parseMeminfo(text))?.available).toBe(2_800_000 * 1024);
    expect(toMemoryReading(parseMeminfo(`${text}MemAvailable: 9000000 kB\n`))?.available).toBe(4_000_000 * 1024);
  });

  test('is unknown without a total', () => {
    expect(toMemoryReading(parseMeminfo('MemFree: 1 kB\n'))).toBeUndefined();
    expect(toMemoryReading(parseMeminfo('MemTotal: 0 kB\n'))).toBeUndefined();
  });
});

describe('space', () => {
  test('is the worked check of the specification: 24 576 000 bytes, 63.1578947 %', () => {
    const space = toSpace({ blockBytes: 4096, blocks: 10_000, free: 4_000, available: 3_500 });
    expect(space.used_bytes).toBe(24_576_000);
    expect(space.usage_pct).toBeCloseTo(63.1578947, 6);
    expect(space.total_bytes).toBe(40_960_000);
    expect(space.available_bytes).toBe(14_336_000);
  });

  test('is 0 % of a file system without blocks', () => {
    expect(toSpace({ blockBytes: 4096, blocks: 0, free: 0, available: 0 }).usage_pct).toBe(0);
  });
});

describe('disk rates', () => {
  const line = (reads: number, sectors: number, busyMs: number): string =>
    ` 8 0 sda ${reads} 0 ${sectors} 0 7 0 9 0 0 ${busyMs} 0`;
  const counters = (text: string) => {
    const found = parseDiskstats(text).get('8:0')?.counters;
    if (found === undefined) throw new Error('the test wrote a bad line');
    return found;
  };

  test('are the worked check of the specification: 120 iops, 1 048 576 B/s, 23.4 %', () => {
    const io = diskIo(counters(line(1000, 5000, 100)), counters(line(4600, 66_440, 7120)), 30_000);
    expect(io?.read_iops).toBeCloseTo(120, 6);
    expect(io?.read_bytes_per_s).toBeCloseTo(1_048_576, 6);
    expect(io?.util_pct).toBeCloseTo(23.4, 6);
    expect(io?.write_iops).toBe(0);
  });

  test('go on over a 32-bit counter that wrapped', () => {
    const io = diskIo(counters(line(1, 1, 2 ** 32 - 300)), counters(line(1, 1, 200)), 1000);
    expect(io?.util_pct).toBe(50);
  });

  test('are unknown once when a device began anew', () => {
    expect(diskIo(counters(line(5000, 100_000, 900)), counters(line(3, 24, 1)), 1000)).toBeUndefined();
    expect(diskIo(counters(line(2 ** 40, 1, 1)), counters(line(3, 24, 1)), 1000)).toBeUndefined();
  });

  test('are unknown without time between the readings, and never busier than the time', () => {
    expect(diskIo(counters(line(1, 1, 1)), counters(line(2, 2, 2)), 0)).toBeUndefined();
    expect(diskIo(counters(line(1, 1, 1)), counters(line(1, 1, 5001)), 1000)?.util_pct).toBe(100);
  });
});

describe('baseline', () => {
  const at = (atMs: number) => ({ atMs });

  test('has nothing to compare the first reading with', () => {
    expect(new Baseline().advance(at(0))).toBeUndefined();
  });

  test('compares with the reading before, each time', () => {
    const baseline = new Baseline();
    baseline.advance(at(0));
    expect(baseline.advance(at(100))).toEqual(at(0));
    expect(baseline.advance(at(250))).toEqual(at(100));
  });

  test('compares a reading right after another with the one before that', () => {
    const baseline = new Baseline();
    baseline.advance(at(0));
    expect(baseline.advance(at(50))).toBeUndefined();
    baseline.advance(at(1000));
    expect(baseline.advance(at(1010))).toEqual(at(0));
    expect(baseline.advance(at(1020))).toEqual(at(0));
    expect(baseline.advance(at(1100))).toEqual(at(1000));
  });
});
