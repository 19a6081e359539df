import type { CpuReading, DiskReading, HostSource, InterfaceReading } from '../src/source/host-source.ts';
import type { MemoryReading } from '../src/measure/memory-usage.ts';
import type { CpuTimes } from '../src/parse/stat.ts';

const GIB = 1024 ** 3;

/** Ticks of a host that has been busy for the first number and idle for the second. */
export function ticks(busy: number, idle: number): CpuTimes {
  return [busy, 0, 0, idle, 0, 0, 0, 0];
}

/** A host of which a test says what it tells next. */
export class FakeSource implements HostSource {
  readonly cpuReadings: CpuReading[] = [];
  readonly diskReadings: DiskReading[] = [];
  memoryReading: MemoryReading = {
    total: 2 * GIB,
    available: GIB,
    free: GIB / 2,
    buffers: 0,
    cached: GIB / 2,
    slab: 10,
    slabReclaimable: 0,
    swapTotal: 100,
    swapFree: 40,
  };
  closed = 0;

  /** The next reading of the CPUs: moment, busy and idle ticks of each. */
  tells(atMs: number, ...cores: readonly (readonly [number, number])[]): this {
    const busy = cores.reduce((sum, [one]) => sum + one, 0);
    const idle = cores.reduce((sum, [, one]) => sum + one, 0);
    const byNumber = new Map(cores.map((core, id) => [id, ticks(...core)]));
    this.cpuReadings.push({ atMs, all: ticks(busy, idle), cores: byNumber, load: [0.75, 0.5, 0.25], uptimeSeconds: 86_400.25 });
    return this;
  }

  async cpu(): Promise<CpuReading> {
    const next = this.cpuReadings.shift();
    if (next === undefined) throw new Error('the test told too few readings');
    return next;
  }

  async memory(): Promise<MemoryReading> {
    return this.memoryReading;
  }

  async disks(): Promise<DiskReading> {
    const next = this.diskReadings.shift();
    if (next === undefined) throw new Error('the test told too few readings');
    return next;
  }

  async interfaces(): Promise<readonly InterfaceReading[]> {
    return [];
  }

  close(): void {
    this.closed += 1;
  }
}
