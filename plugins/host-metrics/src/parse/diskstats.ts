import { toCounts } from './count.ts';

/** Totals of one block device since boot. */
export interface DiskCounters {
  readonly reads: number;
  readonly readSectors: number;
  readonly writes: number;
  readonly writtenSectors: number;
  /** Milliseconds in which at least one request was under way. */
  readonly busyMs: number;
}

export interface BlockDevice {
  /** The kernel's name, such as `vda1` or `dm-0`. */
  readonly name: string;
  /** Absent when the whole line is zero: the device counts nothing. */
  readonly counters?: DiskCounters;
}

const LINE = /^ *(\d{1,10}) +(\d{1,10}) +(\S{1,64}) +(\d[\d ]*)$/u;

/** Reads `/proc/diskstats`, by `major:minor`. Lines it cannot read are passed over. */
export function parseDiskstats(text: string): ReadonlyMap<string, BlockDevice> {
  const devices = new Map<string, BlockDevice>();
  for (const line of text.split('\n')) {
    const match = LINE.exec(line.trimEnd());
    if (match === null) continue;
    const [, major, minor, name = '', columns = ''] = match;
    const counts = toCounts(columns.split(/ +/u));
    if (counts === undefined || counts.length < 11) continue;
    devices.set(`${major}:${minor}`, counts.every((count) => count === 0) ? { name } : { name, counters: toCounters(counts) });
  }
  return devices;
}

function toCounters(counts: readonly number[]): DiskCounters {
  const [reads = 0, , readSectors = 0, , writes = 0, , writtenSectors = 0, , , busyMs = 0] = counts;
  return { reads, readSectors, writes, writtenSectors, busyMs };
}
