import { collector, Type } from '@stormpulse/sdk';
import type { Collector, Infer } from '@stormpulse/sdk';
import { Baseline } from '../measure/baseline.ts';
import { coreUsages, cpuUsagePct } from '../measure/cpu-usage.ts';
import { toOneDecimal } from '../measure/round.ts';
import type { CpuReading, HostSource } from '../source/host-source.ts';

/** A little over the shortest window that counts, since timers may come early. */
const FIRST_WINDOW_MS = 120;

/** Percent are 0 to 100 and unrounded; `id` is the kernel's CPU number. */
export const cpuState = Type.Object({
  usage_pct: Type.Number(),
  core_count: Type.Integer(),
  load_avg: Type.Tuple([Type.Number(), Type.Number(), Type.Number()]),
  uptime_seconds: Type.Number(),
  cores: Type.Optional(Type.Array(Type.Object({ id: Type.Integer(), usage_pct: Type.Number() }))),
});

export interface CpuCollectorOptions {
  readonly source: () => HostSource;
  readonly perCore: boolean;
  /** Resolves after this long, or rejects when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** CPU, load and uptime; `prime` takes the reading that the first cycle is compared with. */
export interface CpuCollector {
  readonly collector: Collector<typeof cpuState>;
  readonly prime: () => Promise<void>;
}

/** The baseline is this collector's own, so every push measures the time since the one before (wire page 7.1 and 14.21). */
export function createCpuCollector({ source, perCore, sleep }: CpuCollectorOptions): CpuCollector {
  const baseline = new Baseline<CpuReading>();

  async function collect(signal: AbortSignal): Promise<Infer<typeof cpuState>> {
    let reading = await source().cpu();
    let before = baseline.advance(reading);
    if (before === undefined) {
      await sleep(FIRST_WINDOW_MS, signal);
      reading = await source().cpu();
      before = baseline.advance(reading) ?? reading;
    }
    const cores = perCore ? coreUsages(before.cores, reading.cores) : [];
    return {
      usage_pct: cpuUsagePct(before.all, reading.all),
      core_count: reading.cores.size,
      load_avg: [...reading.load],
      uptime_seconds: reading.uptimeSeconds,
      ...(cores.length === 0 ? {} : { cores }),
    };
  }

  return {
    prime: async () => void baseline.advance(await source().cpu()),
    collector: collector({
      id: 'cpu',
      every: 'push',
      state: cpuState,
      collect: async ({ signal }) => await collect(signal),
      v1Metrics: ({ usage_pct, load_avg, uptime_seconds }) => ({
        cpu_percent: toOneDecimal(usage_pct),
        load_avg_1m: load_avg[0],
        load_avg_5m: load_avg[1],
        uptime_seconds,
        // v1 requires the key; what fills it is the business of the docker plugin.
      }),
      gauges: {
        'system.cpu.utilization': {
          unit: '1',
          help: 'Part of the CPU time since the last sample that was not idle.',
          value: (s) => s.usage_pct / 100,
        },
        'system.cpu.logical.count': { unit: '{cpu}', help: 'CPUs that are on.', value: (s) => s.core_count },
        'system.cpu.load_average.1m': { unit: '{thread}', help: 'Load average over one minute.', value: (s) => s.load_avg[0] },
        'system.cpu.load_average.5m': { unit: '{thread}', help: 'Load average over five minutes.', value: (s) => s.load_avg[1] },
        'system.cpu.load_average.15m': {
          unit: '{thread}',
          help: 'Load average over fifteen minutes.',
          value: (s) => s.load_avg[2],
        },
        'system.uptime': { unit: 's', help: 'Time since the host was started.', value: (s) => s.uptime_seconds },
      },
    }),
  };
}
