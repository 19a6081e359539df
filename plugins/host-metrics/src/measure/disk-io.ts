import type { DiskCounters } from '../parse/diskstats.ts';

const SECTOR_BYTES = 512;
const WRAP = 2 ** 32;
/** More than this between two readings is no counter going on. */
const MAX_WRAPPED = 2 ** 28;

export interface DiskIo {
  readonly read_bytes_per_s: number;
  readonly write_bytes_per_s: number;
  readonly read_iops: number;
  readonly write_iops: number;
  /** Part of the time with a request under way, 0 to 100. */
  readonly util_pct: number;
}

/** Rates between two readings `elapsedMs` apart (VM operations page 6.3), or undefined when the device started anew. */
export function diskIo(before: DiskCounters, after: DiskCounters, elapsedMs: number): DiskIo | undefined {
  const reads = grown(before.reads, after.reads);
  const readSectors = grown(before.readSectors, after.readSectors);
  const writes = grown(before.writes, after.writes);
  const writtenSectors = grown(before.writtenSectors, after.writtenSectors);
  const busyMs = grown(before.busyMs, after.busyMs);
  if (reads === undefined || readSectors === undefined || writes === undefined) return undefined;
  if (writtenSectors === undefined || busyMs === undefined || elapsedMs <= 0) return undefined;
  const perSecond = (count: number): number => (count * 1000) / elapsedMs;
  return {
    read_bytes_per_s: perSecond(readSectors * SECTOR_BYTES),
    write_bytes_per_s: perSecond(writtenSectors * SECTOR_BYTES),
    read_iops: perSecond(reads),
    write_iops: perSecond(writes),
    util_pct: Math.min(100, (100 * busyMs) / elapsedMs),
  };
}

/** The time counters are 32 bits wide everywhere, all of them on 32-bit kernels: one that wrapped went on, one that shrank otherwise began anew. */
function grown(before: number, after: number): number | undefined {
  if (after >= before) return after - before;
  const wrapped = after + WRAP - before;
  return before < WRAP && wrapped < MAX_WRAPPED ? wrapped : undefined;
}
