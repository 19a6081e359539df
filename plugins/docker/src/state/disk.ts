import { Type, collector } from '@stormpulse/sdk';
import type { Collector, Period } from '@stormpulse/sdk';
import type { Engine } from '../engine/engine.ts';

const sizes = <T extends Parameters<typeof Type.Array>[0]>(entry: T) =>
  Type.Union([Type.Array(entry), Type.Null()], { default: null });

const Usage = Type.Object({
  LayersSize: Type.Number({ default: 0 }),
  Containers: sizes(Type.Object({ SizeRw: Type.Number({ default: 0 }) })),
  Volumes: sizes(Type.Object({ UsageData: Type.Object({ Size: Type.Number({ default: -1 }) }, { default: {} }) })),
  BuildCache: sizes(Type.Object({ Size: Type.Number({ default: 0 }) })),
});

export const DiskState = Type.Object({
  images_bytes: Type.Number(),
  containers_bytes: Type.Number(),
  volumes_bytes: Type.Number(),
  build_cache_bytes: Type.Number(),
});

/** What the engine holds on disk; it walks its folders for the answer, so it is asked seldom. */
export function diskCollector(engine: Engine, every: Period): Collector<typeof DiskState> {
  return collector({
    id: 'disk',
    every,
    timeout: '60s',
    state: DiskState,
    collect: async ({ signal }) => {
      const request = { path: '/system/df', timeoutMs: 55_000, maxBytes: 32 * 1024 * 1024, signal } as const;
      const { LayersSize, Containers, Volumes, BuildCache } = await engine.json(request, Usage);
      return {
        images_bytes: LayersSize,
        containers_bytes: sum((Containers ?? []).map(({ SizeRw }) => SizeRw)),
        // -1: the driver does not say.
        volumes_bytes: sum((Volumes ?? []).map(({ UsageData }) => Math.max(0, UsageData.Size))),
        build_cache_bytes: sum((BuildCache ?? []).map(({ Size }) => Size)),
      };
    },
    gauges: {
      'docker.disk.images': { unit: 'By', help: 'Layers of all images.', value: (s) => s.images_bytes },
      'docker.disk.volumes': { unit: 'By', help: 'Volumes, as far as their driver tells.', value: (s) => s.volumes_bytes },
    },
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
