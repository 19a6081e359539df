import { Type, collector } from '@stormpulse/sdk';
import type { Collector } from '@stormpulse/sdk';
import type { Engine } from '../engine/engine.ts';
import { longList } from '../engine/long-list.ts';
import { shown } from '../shown-text.ts';
import { fitting } from './fitting.ts';

/** An image may have thousands; so many are told. */
const MAX_TAGS = 20;

const ListedImage = Type.Object({
  Id: Type.String(),
  RepoTags: Type.Union([Type.Array(Type.String()), Type.Null()], { default: null }),
  Size: Type.Number(),
  Created: Type.Number(),
});
const ListedVolumes = Type.Object({
  Volumes: Type.Union([Type.Array(Type.Object({ Name: Type.String(), Driver: Type.String() })), Type.Null()], { default: null }),
});
const ListedNetwork = Type.Object({ Id: Type.String(), Name: Type.String(), Driver: Type.String(), Scope: Type.String() });

export const ImagesState = Type.Object({
  total: Type.Integer(),
  images: Type.Array(
    Type.Object({ id: Type.String(), tags: Type.Array(Type.String()), bytes: Type.Number(), created_at: Type.Number() }),
  ),
});
export const VolumesState = Type.Object({
  total: Type.Integer(),
  volumes: Type.Array(Type.Object({ name: Type.String(), driver: Type.String() })),
});
export const NetworksState = Type.Object({
  total: Type.Integer(),
  networks: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), driver: Type.String(), scope: Type.String() })),
});

/** Events tell what changes between. */
const SELDOM = { every: '10m', timeout: '15s' } as const;

const shortId = (id: string): string => shown(id.replace(/^sha256:/u, ''), 12);

export function imagesCollector(engine: Engine): Collector<typeof ImagesState> {
  return collector({
    id: 'images',
    ...SELDOM,
    state: ImagesState,
    collect: async ({ signal }) => {
      const listed = await longList('images', (maxBytes) =>
        engine.json({ path: '/images/json', maxBytes, signal }, Type.Array(ListedImage)),
      );
      const images = listed.map(({ Id, RepoTags, Size, Created }) => ({
        id: shortId(Id),
        tags: (RepoTags ?? []).slice(0, MAX_TAGS).map((tag) => shown(tag)),
        bytes: Size,
        created_at: Created,
      }));
      return { total: listed.length, images: [...fitting(images)] };
    },
  });
}

export function volumesCollector(engine: Engine): Collector<typeof VolumesState> {
  return collector({
    id: 'volumes',
    ...SELDOM,
    state: VolumesState,
    collect: async ({ signal }) => {
      const { Volumes } = await longList('volumes', (maxBytes) =>
        engine.json({ path: '/volumes', maxBytes, signal }, ListedVolumes),
      );
      const listed = Volumes ?? [];
      const volumes = listed.map(({ Name, Driver }) => ({ name: shown(Name), driver: shown(Driver) }));
      return { total: listed.length, volumes: [...fitting(volumes)] };
    },
  });
}

export function networksCollector(engine: Engine): Collector<typeof NetworksState> {
  return collector({
    id: 'networks',
    ...SELDOM,
    state: NetworksState,
    collect: async ({ signal }) => {
      const listed = await longList('networks', (maxBytes) =>
        engine.json({ path: '/networks', maxBytes, signal }, Type.Array(ListedNetwork)),
      );
      const networks = listed.map(({ Id, Name, Driver, Scope }) => ({
        id: shortId(Id),
        name: shown(Name),
        driver: shown(Driver),
        scope: shown(Scope),
      }));
      return { total: listed.length, networks: [...fitting(networks)] };
    },
  });
}
