import type { MemoryReading } from '../measure/memory-usage.ts';
import type { Space } from '../measure/space.ts';
import type { DiskCounters } from '../parse/diskstats.ts';
import type { LoadAverage } from '../parse/loadavg.ts';
import type { CpuTimes } from '../parse/stat.ts';

export interface CpuReading {
  /** Of the monotonic clock. */
  readonly atMs: number;
  readonly all: CpuTimes;
  readonly cores: ReadonlyMap<number, CpuTimes>;
  readonly load: LoadAverage;
  readonly uptimeSeconds: number;
}

export interface FileSystemReading {
  readonly device: string;
  readonly mountpoint: string;
  /** Other places the same device is mounted at. */
  readonly also: readonly string[];
  readonly type: string;
  readonly space: Space;
  readonly counters?: DiskCounters;
}

export interface DiskReading {
  /** Of the monotonic clock, when the counters were read. */
  readonly atMs: number;
  readonly root: Space;
  readonly fileSystems: readonly FileSystemReading[];
  /** Mountpoints whose file system did not answer in time. */
  readonly unresponsive: readonly string[];
}

export interface InterfaceReading {
  readonly name: string;
  readonly receivedBytes: number;
  readonly receivedPackets?: number;
  readonly receiveErrors: number;
  readonly receiveDrops: number;
  readonly sentBytes: number;
  readonly sentPackets?: number;
  readonly sendErrors: number;
  readonly sendDrops: number;
  readonly isUp: boolean;
}

/** Where figures come from. Every method rejects with `E_METRICS_*` when the host does not tell. */
export interface HostSource {
  cpu(): Promise<CpuReading>;
  memory(): Promise<MemoryReading>;
  /** The root file system; all real ones too when `all`. */
  disks(options: { readonly all: boolean }): Promise<DiskReading>;
  interfaces(): Promise<readonly InterfaceReading[]>;
  /** Closes every file it holds. Idempotent; a closed source rejects with `E_METRICS_STOPPED`. */
  close(): void;
}
