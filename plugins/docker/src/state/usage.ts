import { Type, collector } from '@stormpulse/sdk';
import type { Collector, Infer, Period } from '@stormpulse/sdk';
import type { Engine } from '../engine/engine.ts';
import type { ContainerState } from './containers.ts';
import { fitting } from './fitting.ts';

/** Those that an engine leaves out of the figures of a container that is just ending. */
const CpuFigures = Type.Object(
  {
    cpu_usage: Type.Object({ total_usage: Type.Number({ default: 0 }) }, { default: {} }),
    system_cpu_usage: Type.Number({ default: 0 }),
    online_cpus: Type.Number({ default: 0 }),
  },
  { default: {} },
);

const Stats = Type.Object({
  cpu_stats: CpuFigures,
  precpu_stats: CpuFigures,
  memory_stats: Type.Object(
    {
      usage: Type.Number({ default: 0 }),
      limit: Type.Number({ default: 0 }),
      stats: Type.Object({ cache: Type.Optional(Type.Number()), inactive_file: Type.Optional(Type.Number()) }, { default: {} }),
    },
    { default: {} },
  ),
});

export const UsageState = Type.Object({
  containers: Type.Array(
    Type.Object({
      id: Type.String(),
      name: Type.String(),
      cpu_percent: Type.Union([Type.Number({ description: '100 is one CPU.' }), Type.Null()]),
      memory_bytes: Type.Number({ description: 'Without what is only cached.' }),
      memory_limit_bytes: Type.Number(),
    }),
  ),
});

type Figures = Infer<typeof CpuFigures>;
type Usage = Infer<typeof UsageState>['containers'][number];

/** CPU and memory of the running containers; CPU since the reading before. */
export function usageCollector(
  engine: Engine,
  every: Period,
  running: () => Promise<readonly ContainerState[]>,
): Collector<typeof UsageState> {
  let before = new Map<string, Figures>();
  return collector({
    id: 'usage',
    every,
    // An engine older than API 1.41 takes two seconds for each.
    timeout: '30s',
    state: UsageState,
    collect: async ({ signal }) => {
      const now = new Map<string, Figures>();
      const read = async (container: ContainerState): Promise<Usage[]> => {
        const path = `/containers/${container.id}/stats?stream=false&one-shot=true` as const;
        const stats = await engine.json({ path, timeoutMs: 25_000, signal }, Stats).catch(goneMeanwhile);
        if (stats === undefined) return [];
        now.set(container.id, stats.cpu_stats);
        const earlier = before.get(container.id) ?? stats.precpu_stats;
        return [toUsage(container, stats, earlier)];
      };
      const containers = (await Promise.all((await running()).map(read))).flat();
      before = now;
      return { containers: [...fitting(containers)] };
    },
    gauges: {
      'docker.memory.usage': {
        unit: 'By',
        help: 'Memory of all running containers.',
        value: (s) => s.containers.reduce((sum, { memory_bytes }) => sum + memory_bytes, 0),
      },
    },
  });
}

function toUsage({ id, name }: ContainerState, { cpu_stats, memory_stats }: Infer<typeof Stats>, earlier: Figures): Usage {
  const { cache, inactive_file } = memory_stats.stats;
  return {
    id,
    name,
    cpu_percent: cpuPercent(cpu_stats, earlier),
    memory_bytes: Math.max(0, memory_stats.usage - (cache ?? inactive_file ?? 0)),
    memory_limit_bytes: memory_stats.limit,
  };
}

function cpuPercent(now: Figures, before: Figures): number | null {
  const system = now.system_cpu_usage - before.system_cpu_usage;
  const own = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  if (before.system_cpu_usage === 0 || system <= 0 || own < 0) return null;
  return Math.round((own / system) * (now.online_cpus || 1) * 10_000) / 100;
}

/** It ended between the list and its figures. */
function goneMeanwhile(error: unknown): undefined {
  const { status } = (error as { readonly details?: { readonly status?: number } }).details ?? {};
  if (status !== 404 && status !== 409) throw error;
  return undefined;
}
