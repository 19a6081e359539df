/** Bytes. */
export interface MemoryReading {
  readonly total: number;
  readonly available: number;
  readonly free: number;
  readonly buffers: number;
  readonly cached: number;
  readonly slab: number;
  readonly slabReclaimable: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

/** Takes what memory figures need from `/proc/meminfo`; undefined without a total. */
export function toMemoryReading(values: ReadonlyMap<string, number>): MemoryReading | undefined {
  const bytes = (name: string): number => values.get(name) ?? 0;
  const total = bytes('MemTotal');
  if (total === 0) return undefined;
  const reclaimable = bytes('MemFree') + bytes('Buffers') + bytes('Cached') + bytes('SReclaimable');
  // Kernels before 3.14 do not estimate it, and some containers print more than they have.
  const available = Math.min(values.get('MemAvailable') ?? reclaimable, total);
  return {
    total,
    available,
    free: bytes('MemFree'),
    buffers: bytes('Buffers'),
    cached: bytes('Cached'),
    slab: bytes('Slab'),
    slabReclaimable: bytes('SReclaimable'),
    swapTotal: bytes('SwapTotal'),
    swapFree: bytes('SwapFree'),
  };
}

/** Bytes held by programs and the kernel, caches not counted (VM operations page 6.2). */
export function heldBytes({ total, free, buffers, cached, slabReclaimable }: MemoryReading): number {
  return Math.max(0, total - free - buffers - cached - slabReclaimable);
}
