import { describe, expect, test } from 'vitest';
import { FakeSource } from '../../test/fake-source.ts';
import type { DiskReading } from '../source/host-source.ts';
import { createCpuCollector } from './cpu.ts';
import { createDiskCollector } from './disk.ts';
import { createMemoryCollector } from './memory.ts';
import { createNetworkCollector } from './network.ts';

const GIB = 1024 ** 3;
const cycle = { signal: new AbortController().signal, previous: undefined, only: undefined };

function cpuOf(source: FakeSource, perCore = true) {
  const slept: number[] = [];
  const sleep = async (ms: number): Promise<void> => void slept.push(ms);
  const { collector, prime } = createCpuCollector({ source: () => source, perCore, sleep });
  return { collect: async () => await collector.spec.collect(cycle), prime, slept, spec: collector.spec };
}

describe('cpu', () => {
  test('E7: the first push already measures, since the start', async () => {
    const cpu = cpuOf(new FakeSource().tells(0, [100, 100]).tells(1000, [150, 150]));
    await cpu.prime();
    expect((await cpu.collect()).usage_pct).toBe(50);
    expect(cpu.slept).toEqual([]);
  });

  test('E7: a push right after the start takes a second reading at least 100 ms later instead of saying 0', async () => {
    const cpu = cpuOf(new FakeSource().tells(0, [100, 100]).tells(10, [100, 100]).tells(130, [106, 102]));
    await cpu.prime();
    expect((await cpu.collect()).usage_pct).toBe(75);
    expect(cpu.slept).toHaveLength(1);
    expect(cpu.slept[0]).toBeGreaterThanOrEqual(100);
  });

  test('E7: each later push measures the time since the one before', async () => {
    const source = new FakeSource().tells(0, [0, 0]).tells(1000, [50, 50]).tells(2000, [60, 140]).tells(3000, [110, 190]);
    const cpu = cpuOf(source);
    await cpu.prime();
    expect([await cpu.collect(), await cpu.collect(), await cpu.collect()].map((state) => state.usage_pct)).toEqual([50, 10, 50]);
  });

  test('a push right after another neither waits nor measures a moment too short', async () => {
    const cpu = cpuOf(new FakeSource().tells(0, [0, 0]).tells(1000, [50, 50]).tells(1001, [51, 50]));
    await cpu.prime();
    await cpu.collect();
    expect((await cpu.collect()).usage_pct).toBeCloseTo((100 * 51) / 101, 9);
    expect(cpu.slept).toEqual([]);
  });

  test('a wait that is aborted rejects', async () => {
    const abort = new AbortController();
    abort.abort(new Error('stopping'));
    const sleep = async (_ms: number, signal: AbortSignal): Promise<void> => signal.throwIfAborted();
    const source = new FakeSource().tells(0, [0, 0]);
    const { collector } = createCpuCollector({ source: () => source, perCore: true, sleep });
    await expect(collector.spec.collect({ ...cycle, signal: abort.signal })).rejects.toThrow('stopping');
  });

  test('each CPU has its own figure, and none when the operator does not want them', async () => {
    const readings = (): FakeSource => new FakeSource().tells(0, [0, 0], [0, 0]).tells(1000, [10, 90], [30, 70]);
    const [wanted, unwanted] = [cpuOf(readings()), cpuOf(readings(), false)];
    await Promise.all([wanted.prime(), unwanted.prime()]);
    const state = await wanted.collect();
    expect(state.cores).toEqual([
      { id: 0, usage_pct: 10 },
      { id: 1, usage_pct: 30 },
    ]);
    expect(state.core_count).toBe(2);
    expect(await unwanted.collect()).not.toHaveProperty('cores');
  });

  test('v1 gets one decimal, both loads and the uptime', async () => {
    const cpu = cpuOf(new FakeSource().tells(0, [0, 0]).tells(1000, [123, 55]));
    await cpu.prime();
    expect(cpu.spec.v1Metrics?.(await cpu.collect())).toEqual({
      cpu_percent: 69.1,
      load_avg_1m: 0.75,
      load_avg_5m: 0.5,
      uptime_seconds: 86_400.25,
    });
  });
});

describe('memory', () => {
  test('E4: a host of 2 GiB says 2048.0 MiB; v1 counts as used what is not available', async () => {
    const { spec } = createMemoryCollector(() => new FakeSource());
    const state = await spec.collect(cycle);
    expect(spec.v1Metrics?.(state)).toEqual({ memory_percent: 50, memory_used_mb: 1024, memory_total_mb: 2048 });
    expect(state.used_bytes).toBe(GIB);
    expect(state.swap).toEqual({ total_bytes: 100, used_bytes: 60, free_bytes: 40 });
  });
});

describe('disk', () => {
  const space = { total_bytes: 40 * GIB, used_bytes: 18 * GIB, available_bytes: 22 * GIB, usage_pct: 45.04 };
  const reading = (atMs: number, reads: number, ...devices: readonly string[]): DiskReading => ({
    atMs,
    root: space,
    fileSystems: devices.map((device) => ({
      device,
      mountpoint: `/mnt${device}`,
      also: [],
      type: 'ext4',
      space,
      counters: { reads, readSectors: reads * 8, writes: 0, writtenSectors: 0, busyMs: 0 },
    })),
    unresponsive: ['/stuck'],
  });

  test('rates come with the second reading, and only for a device that was in the first', async () => {
    const source = new FakeSource();
    source.diskReadings.push(reading(0, 100, '/dev/sda1'), reading(10_000, 1300, '/dev/sda1', '/dev/sdb1'));
    const { spec } = createDiskCollector({ source: () => source, fileSystems: true, io: true });
    expect((await spec.collect(cycle)).disks?.[0]).not.toHaveProperty('io');
    const state = await spec.collect(cycle);
    expect(state.disks?.[0]?.io).toEqual({
      read_bytes_per_s: 120 * 4096,
      write_bytes_per_s: 0,
      read_iops: 120,
      write_iops: 0,
      util_pct: 0,
    });
    expect(state.disks?.[1]).not.toHaveProperty('io');
    expect(state.unresponsive).toEqual(['/stuck']);
    expect(spec.gauges?.['system.disk.io.read']?.value(state)).toBe(120 * 4096);
  });

  test('no rates and no list when the operator does not want them; v1’s figures stay', async () => {
    const source = new FakeSource();
    source.diskReadings.push(reading(0, 0, '/dev/sda1'), reading(10_000, 9, '/dev/sda1'), reading(0, 0, '/dev/sda1'));
    const { spec } = createDiskCollector({ source: () => source, fileSystems: true, io: false });
    await spec.collect(cycle);
    expect((await spec.collect(cycle)).disks?.[0]).not.toHaveProperty('io');
    const bare = createDiskCollector({ source: () => source, fileSystems: false, io: true }).spec;
    const state = await bare.collect(cycle);
    expect(state).not.toHaveProperty('disks');
    expect(bare.v1Metrics?.(state)).toEqual({ disk_percent: 45, disk_used_gb: 18, disk_total_gb: 40 });
  });
});

describe('network', () => {
  test('publishes totals, errors and drops, and leaves out what the system does not count', async () => {
    const source = new FakeSource();
    const counters = { receivedBytes: 10, receiveErrors: 1, receiveDrops: 2, sentBytes: 20, sendErrors: 3, sendDrops: 4 };
    source.interfaces = async () => [
      { name: 'eth0', ...counters, receivedPackets: 5, sentPackets: 6, isUp: true },
      { name: 'eth1', ...counters, isUp: false },
    ];
    const { spec } = createNetworkCollector(() => source);
    const state = await spec.collect(cycle);
    const common = { bytes_sent: 20, bytes_recv: 10, errors_sent: 3, errors_recv: 1, drops_sent: 4, drops_recv: 2 };
    expect(state.interfaces).toEqual([
      { interface: 'eth0', ...common, packets_sent: 6, packets_recv: 5, is_up: true },
      { interface: 'eth1', ...common, is_up: false },
    ]);
    const totals = Object.entries(spec.gauges ?? {}).map(([name, gauge]) => [name, gauge.value(state)]);
    expect(Object.fromEntries(totals)).toEqual({
      'system.network.io.receive': 20,
      'system.network.io.transmit': 40,
      'system.network.errors': 8,
      'system.network.dropped': 12,
    });
  });
});
