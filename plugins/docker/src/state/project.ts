import { Type, collector } from '@stormpulse/sdk';
import type { Collector } from '@stormpulse/sdk';
import { projectLabel } from '../compose-project.ts';
import type { Engine } from '../engine/engine.ts';
import type { Staleness } from '../staleness.ts';
import { listContainers } from './containers.ts';

export const ProjectState = Type.Object({
  /** Why there is no list; the containers are none then, as in v1. */
  error: Type.Union([Type.String(), Type.Null()]),
  containers: Type.Array(Type.Object({ name: Type.String(), status: Type.String(), image: Type.String() })),
});

/** A push does not wait longer for an engine that is slow. */
const ANSWER_MS = 2_500;

/** v1's `containers`: what `docker compose ps` lists of the project of `[project]`, by its labels and without a process. */
export function projectCollector(
  engine: Engine,
  composeFile: string,
  staleness: Staleness,
  onError: (reason: string | undefined) => void,
): Collector<typeof ProjectState> {
  let readFor: string | undefined;
  const read = async (label: string, signal: AbortSignal) => {
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
    const listed = await listContainers(engine, `filters=${filters}`, signal, ANSWER_MS);
    return listed
      .filter(({ labels }) => labels['com.docker.compose.oneoff'] !== 'True')
      .map(({ name, state, image }) => ({ name, status: state, image }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  };
  return collector({
    id: 'project',
    every: 'push',
    timeout: '4s',
    state: ProjectState,
    collect: async ({ signal, previous }) => {
      try {
        const label = await projectLabel(composeFile);
        if (previous !== undefined && label === readFor && !staleness.isStale) return previous;
        readFor = undefined;
        const containers = await staleness.during(() => read(label, signal));
        readFor = label;
        onError(undefined);
        return { error: null, containers };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        onError(`containers of [project]: ${reason}`);
        return { error: reason.slice(0, 500), containers: [] };
      }
    },
    v1Metrics: ({ containers }) => ({ containers }),
  });
}
