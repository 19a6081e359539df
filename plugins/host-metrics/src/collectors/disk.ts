import { collector, Type } from '@stormpulse/sdk';
import type { Collector, Infer } from '@stormpulse/sdk';
import { Baseline } from '../measure/baseline.ts';
import { diskIo } from '../measure/disk-io.ts';
import { toOneDecimal } from '../measure/round.ts';
import type { DiskReading, FileSystemReading, HostSource } from '../source/host-source.ts';

const GIB = 1024 ** 3;

const spaceFields = {
  total_bytes: Type.Number(),
  used_bytes: Type.Number(),
  available_bytes: Type.Number(),
  usage_pct: Type.Number(),
};

const ioState = Type.Object({
  read_bytes_per_s: Type.Number(),
  write_bytes_per_s: Type.Number(),
  read_iops: Type.Number(),
  write_iops: Type.Number(),
  util_pct: Type.Number(),
});

/** `root` is always there; `disks` are the real file systems, one a device, with rates once there are two readings. */
export const diskState = Type.Object({
  root: Type.Object(spaceFields),
  disks: Type.Optional(
    Type.Array(
      Type.Object({
        device: Type.String(),
        mountpoint: Type.String(),
        also: Type.Array(Type.String()),
        type: Type.String(),
        ...spaceFields,
        io: Type.Optional(ioState),
      }),
    ),
  ),
  /** Mountpoints that did not answer in time. */
  unresponsive: Type.Array(Type.String()),
});

type DiskState = Infer<typeof diskState>;
type DiskEntry = NonNullable<DiskState['disks']>[number];

export interface DiskCollectorOptions {
  readonly source: () => HostSource;
  readonly fileSystems: boolean;
  readonly io: boolean;
}

/** Space of the root, and of every real file system with its rates. */
export function createDiskCollector({ source, fileSystems, io }: DiskCollectorOptions): Collector<typeof diskState> {
  const baseline = new Baseline<DiskReading>();

  async function collect(): Promise<DiskState> {
    const reading = await source().disks({ all: fileSystems });
    const { root, unresponsive } = reading;
    if (!fileSystems) return { root, unresponsive: [...unresponsive] };
    const before = io ? baseline.advance(reading) : undefined;
    return { root, disks: reading.fileSystems.map((one) => toEntry(one, reading, before)), unresponsive: [...unresponsive] };
  }

  return collector({
    id: 'disk',
    every: 'push',
    state: diskState,
    collect,
    v1Metrics: ({ root }) => ({
      disk_percent: toOneDecimal(root.usage_pct),
      disk_used_gb: root.used_bytes / GIB,
      disk_total_gb: root.total_bytes / GIB,
    }),
    gauges: {
      'system.filesystem.utilization': {
        unit: '1',
        help: 'Part of the root file system in use, of what others than root can use.',
        value: (s) => s.root.usage_pct / 100,
      },
      'system.filesystem.usage': { unit: 'By', help: 'Space in use on the root file system.', value: (s) => s.root.used_bytes },
      'system.filesystem.limit': { unit: 'By', help: 'Space of the root file system.', value: (s) => s.root.total_bytes },
      'system.disk.io.read': {
        unit: 'By/s',
        help: 'Read from all listed disks together.',
        value: (s) => sum(s, 'read_bytes_per_s'),
      },
      'system.disk.io.write': {
        unit: 'By/s',
        help: 'Written to all listed disks together.',
        value: (s) => sum(s, 'write_bytes_per_s'),
      },
    },
  });
}

function toEntry(one: FileSystemReading, now: DiskReading, before: DiskReading | undefined): DiskEntry {
  const { device, mountpoint, type, space, counters } = one;
  const earlier = before?.fileSystems.find((other) => other.device === device)?.counters;
  const rates =
    before === undefined || earlier === undefined || counters === undefined
      ? undefined
      : diskIo(earlier, counters, now.atMs - before.atMs);
  return { device, mountpoint, also: [...one.also], type, ...space, ...(rates === undefined ? {} : { io: rates }) };
}

function sum(state: DiskState, rate: 'read_bytes_per_s' | 'write_bytes_per_s'): number {
  return (state.disks ?? []).reduce((total, disk) => total + (disk.io?.[rate] ?? 0), 0);
}
