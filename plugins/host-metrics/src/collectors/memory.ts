import { collector, Type } from '@stormpulse/sdk';
import type { Collector, Infer } from '@stormpulse/sdk';
import { heldBytes } from '../measure/memory-usage.ts';
import type { MemoryReading } from '../measure/memory-usage.ts';
import { toOneDecimal } from '../measure/round.ts';
import type { HostSource } from '../source/host-source.ts';

const MIB = 1024 ** 2;

/** Bytes; `used_bytes` and `usage_pct` leave caches out (VM operations page 6.2), unlike v1's, which count what is not available. */
export const memoryState = Type.Object({
  total_bytes: Type.Number(),
  used_bytes: Type.Number(),
  usage_pct: Type.Number(),
  available_bytes: Type.Number(),
  free_bytes: Type.Number(),
  buffers_bytes: Type.Number(),
  cached_bytes: Type.Number(),
  slab_bytes: Type.Number(),
  slab_reclaimable_bytes: Type.Number(),
  swap: Type.Object({ total_bytes: Type.Number(), used_bytes: Type.Number(), free_bytes: Type.Number() }),
});

type MemoryState = Infer<typeof memoryState>;

/** Memory and swap of the host. */
export function createMemoryCollector(source: () => HostSource): Collector<typeof memoryState> {
  return collector({
    id: 'memory',
    every: 'push',
    state: memoryState,
    collect: async () => toState(await source().memory()),
    v1Metrics: ({ total_bytes, available_bytes }) => ({
      memory_percent: toOneDecimal((100 * (total_bytes - available_bytes)) / total_bytes),
      memory_used_mb: (total_bytes - available_bytes) / MIB,
      memory_total_mb: total_bytes / MIB,
    }),
    gauges: {
      'system.memory.utilization': {
        unit: '1',
        help: 'Part of the memory held by programs and the kernel.',
        value: (s) => s.usage_pct / 100,
      },
      'system.memory.usage': { unit: 'By', help: 'Memory held by programs and the kernel.', value: (s) => s.used_bytes },
      'system.memory.limit': { unit: 'By', help: 'Memory of the host.', value: (s) => s.total_bytes },
      'system.linux.memory.available': {
        unit: 'By',
        help: 'Memory a new program could have without swapping.',
        value: (s) => s.available_bytes,
      },
      'system.paging.usage': { unit: 'By', help: 'Swap in use.', value: (s) => s.swap.used_bytes },
    },
  });
}

function toState(reading: MemoryReading): MemoryState {
  const used = heldBytes(reading);
  return {
    total_bytes: reading.total,
    used_bytes: used,
    usage_pct: (100 * used) / reading.total,
    available_bytes: reading.available,
    free_bytes: reading.free,
    buffers_bytes: reading.buffers,
    cached_bytes: reading.cached,
    slab_bytes: reading.slab,
    slab_reclaimable_bytes: reading.slabReclaimable,
    swap: {
      total_bytes: reading.swapTotal,
      used_bytes: Math.max(0, reading.swapTotal - reading.swapFree),
      free_bytes: reading.swapFree,
    },
  };
}
