import { Type, collector } from '@stormpulse/sdk';
import type { Collector, Infer } from '@stormpulse/sdk';
import type { Engine } from '../engine/engine.ts';
import type { Staleness } from '../staleness.ts';

/** A state has room for so many; how many more there are is told. */
const MAX_CONTAINERS = 1_000;
const MAX_LIST_BYTES = 16 * 1024 * 1024;
const HEALTH = /\((?:health: )?(healthy|unhealthy|starting)\)$/u;

const nullable = <T extends Parameters<typeof Type.Array>[0]>(item: T) => Type.Union([Type.Array(item), Type.Null()]);

export const Listed = Type.Object({
  Id: Type.String(),
  Names: nullable(Type.String()),
  Image: Type.String(),
  Created: Type.Number(),
  State: Type.String(),
  Status: Type.String(),
  Ports: nullable(
    Type.Object({
      IP: Type.String({ default: '' }),
      PrivatePort: Type.Number(),
      PublicPort: Type.Number({ default: 0 }),
      Type: Type.String(),
    }),
  ),
  Labels: Type.Union([
    Type.Object({
      'com.docker.compose.project': Type.Optional(Type.String()),
      'com.docker.compose.service': Type.Optional(Type.String()),
      'com.docker.compose.oneoff': Type.Optional(Type.String()),
    }),
    Type.Null(),
  ]),
});

const Container = Type.Object({
  id: Type.String({ description: 'The first 12 digits.' }),
  name: Type.String(),
  image: Type.String(),
  state: Type.String({ description: 'created, running, paused, restarting, removing, exited or dead.' }),
  status: Type.String({ description: 'The engine’s words: `Up 5 minutes (healthy)`.' }),
  health: Type.Union([Type.Literal('healthy'), Type.Literal('unhealthy'), Type.Literal('starting'), Type.Literal('none')]),
  created_at: Type.Number({ description: 'Unix seconds.' }),
  project: Type.Union([Type.String(), Type.Null()]),
  service: Type.Union([Type.String(), Type.Null()]),
  ports: Type.Array(Type.String()),
});

export const ContainersState = Type.Object({
  total: Type.Integer(),
  running: Type.Integer(),
  unhealthy: Type.Integer(),
  left_out: Type.Integer(),
  containers: Type.Array(Container),
});

export type ContainerState = Infer<typeof Container>;
type State = Infer<typeof ContainersState>;

/** All containers of the engine, read when it says that something changed. */
export function containersCollector(
  engine: Engine,
  staleness: Staleness,
  onRead: (containers: readonly ContainerState[]) => void,
): Collector<typeof ContainersState> {
  return collector({
    id: 'containers',
    every: '60s',
    timeout: '10s',
    state: ContainersState,
    detector: { every: '2s', changed: () => Promise.resolve(staleness.isStale) },
    refresh: ({ total, running }) => `${total} containers, ${running} running`,
    collect: async ({ signal }) => {
      const state = await staleness.during(async () => summary(await listContainers(engine, 'all=1', signal)));
      onRead(state.containers);
      return state;
    },
    gauges: {
      'docker.containers.total': { unit: '{container}', help: 'Containers, running or not.', value: (s) => s.total },
      'docker.containers.running': { unit: '{container}', help: 'Running containers.', value: (s) => s.running },
      'docker.containers.unhealthy': {
        unit: '{container}',
        help: 'Containers whose health check fails.',
        value: (s) => s.unhealthy,
      },
    },
  });
}

/** `query`: of the Engine API's list. */
export async function listContainers(
  engine: Engine,
  query: string,
  signal: AbortSignal,
  timeoutMs = 10_000,
): Promise<readonly Infer<typeof Listed>[]> {
  return await engine.json(
    { path: `/containers/json?${query}`, maxBytes: MAX_LIST_BYTES, timeoutMs, signal },
    Type.Array(Listed),
  );
}

/** The one of its names that is not that of a link to it. */
export function nameOf({ Names, Id }: Pick<Infer<typeof Listed>, 'Names' | 'Id'>): string {
  const own = Names?.find((name) => name.lastIndexOf('/') === 0)?.slice(1);
  return own ?? Id.slice(0, 12);
}

function summary(listed: readonly Infer<typeof Listed>[]): State {
  const containers = listed.slice(0, MAX_CONTAINERS).map(toState);
  return {
    total: listed.length,
    running: listed.filter(({ State }) => State === 'running').length,
    unhealthy: containers.filter(({ health }) => health === 'unhealthy').length,
    left_out: listed.length - containers.length,
    containers,
  };
}

function toState(listed: Infer<typeof Listed>): ContainerState {
  const { Id, Image, State, Status, Created, Labels, Ports } = listed;
  return {
    id: Id.slice(0, 12),
    name: nameOf(listed),
    image: Image,
    state: State,
    status: Status,
    health: (HEALTH.exec(Status)?.[1] ?? 'none') as ContainerState['health'],
    created_at: Created,
    project: Labels?.['com.docker.compose.project'] ?? null,
    service: Labels?.['com.docker.compose.service'] ?? null,
    ports: (Ports ?? []).map(({ IP, PrivatePort, PublicPort, Type: kind }) =>
      PublicPort === 0 ? `${PrivatePort}/${kind}` : `${IP}:${PublicPort}->${PrivatePort}/${kind}`,
    ),
  };
}
