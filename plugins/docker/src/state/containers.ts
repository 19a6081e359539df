import { Type, collector } from '@stormpulse/sdk';
import type { Collector, Infer } from '@stormpulse/sdk';
import type { Engine } from '../engine/engine.ts';
import { longList } from '../engine/long-list.ts';
import { shown } from '../shown-text.ts';
import { fitting } from './fitting.ts';
import { readList } from './listed-container.ts';
import type { ListedContainer } from './listed-container.ts';

const HEALTH = /\((?:health: )?(healthy|unhealthy|starting)\)$/u;

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
  onRead: (containers: readonly ContainerState[]) => void,
): Collector<typeof ContainersState> {
  return collector({
    id: 'containers',
    // Events tell what changes between.
    every: '10m',
    timeout: '10s',
    state: ContainersState,
    refresh: ({ total, running }) => `${total} containers, ${running} running`,
    collect: async ({ signal }) => {
      const state = summary(await listContainers(engine, 'all=1', signal));
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
): Promise<readonly ListedContainer[]> {
  return await longList('containers', async (maxBytes) =>
    readList(await engine.text({ path: `/containers/json?${query}`, maxBytes, timeoutMs, signal })),
  );
}

function summary(listed: readonly ListedContainer[]): State {
  const all = listed.map(toState);
  const containers = fitting(all);
  return {
    total: all.length,
    running: all.filter(({ state }) => state === 'running').length,
    unhealthy: all.filter(({ health }) => health === 'unhealthy').length,
    left_out: all.length - containers.length,
    containers: [...containers],
  };
}

function toState({ id, name, image, state, status, created, ports, labels }: ListedContainer): ContainerState {
  return {
    id,
    name,
    image,
    state,
    status,
    health: (HEALTH.exec(status)?.[1] ?? 'none') as ContainerState['health'],
    created_at: created,
    project: labelOf(labels, 'com.docker.compose.project'),
    service: labelOf(labels, 'com.docker.compose.service'),
    ports: [...ports],
  };
}

function labelOf(labels: ListedContainer['labels'], name: string): string | null {
  const value = labels[name];
  return typeof value === 'string' ? shown(value) : null;
}
