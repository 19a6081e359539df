import { Type, job } from '@stormpulse/sdk';
import type { Command } from '@stormpulse/sdk';
import type { Engine } from '../engine/engine.ts';
import { asCommand } from '../engine/failure.ts';

/** Volumes hold data, and engines before API 1.42 would take named ones too: nothing here removes one. */
const WhatParam = Type.Union(
  [Type.Literal('containers'), Type.Literal('images'), Type.Literal('networks'), Type.Literal('build')],
  { description: 'containers: stopped ones. images: those without a tag. networks: unused ones. build: the build cache.' },
);

const names = Type.Union([Type.Array(Type.Unknown()), Type.Null()], { default: null });
const Pruned = Type.Object({
  ContainersDeleted: names,
  ImagesDeleted: names,
  NetworksDeleted: names,
  CachesDeleted: names,
  SpaceReclaimed: Type.Number({ default: 0 }),
});

export function pruneCommand(engine: Engine): Command {
  return job({
    id: 'prune',
    title: 'Remove what is not used',
    description: 'Never volumes.',
    effect: 'destructive',
    timeout: '15m',
    params: Type.Object({ what: WhatParam }),
    result: Type.Object({ removed: Type.Integer(), freed_bytes: Type.Number() }),
    rereads: [{ collector: 'containers' }, { collector: 'images' }, { collector: 'networks' }],
    serializeBy: () => 'prune',
    run: ({ params, progress, signal }) =>
      asCommand(async () => {
        const request = { method: 'POST', path: `/${params.what}/prune`, timeoutMs: 14 * 60_000, signal } as const;
        const pruned = await engine.json(request, Pruned);
        const lists = [pruned.ContainersDeleted, pruned.ImagesDeleted, pruned.NetworksDeleted, pruned.CachesDeleted];
        progress({ stage: 'finalizing', done: 1, total: 1, bytesFreed: pruned.SpaceReclaimed });
        return { removed: lists.reduce((sum, list) => sum + (list?.length ?? 0), 0), freed_bytes: pruned.SpaceReclaimed };
      }),
  });
}
