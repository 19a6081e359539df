import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { applyAgent, applyManifest, applyOutput, applyRun } from '../api/live-cache.ts';
import { keys } from '../api/queries.ts';
import { followFleet, type StreamState } from '../api/stream.ts';

const RETRY_MS = 3_000;
const EVENTS_AT_MOST_EVERY_MS = 500;

/** Follows the hub's stream while signed in and keeps the cache true. After a break, everything is asked for again. */
export function useFleetStream(enabled: boolean): StreamState {
  const cache = useQueryClient();
  const [state, setState] = useState<StreamState>('connecting');
  useEffect(() => {
    if (!enabled) return undefined;
    const broken = { since: false };
    const touched = new Set<string | null>();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const refreshEvents = () => {
      timer = null;
      const agents = [...touched];
      touched.clear();
      for (const agent of agents) void cache.invalidateQueries({ queryKey: agent === null ? ['events'] : keys.events(agent) });
    };
    const stop = followFleet({
      open: () => new EventSource('/api/v1/stream/fleet'),
      retryMs: RETRY_MS,
      handlers: {
        onState(next) {
          setState(next);
          if (next === 'reconnecting') {
            broken.since = true;
            void cache.invalidateQueries({ queryKey: keys.me });
          }
          if (next === 'live' && broken.since) {
            broken.since = false;
            void cache.invalidateQueries();
          }
        },
        onAgent: (agent) => applyAgent(cache, agent),
        onRun: (run) => applyRun(cache, run),
        onAgentManifest: (agent) => applyManifest(cache, agent),
        onOutput: (piece) => applyOutput(cache, piece),
        onAgentEvent(agent) {
          touched.add(agent);
          timer ??= setTimeout(refreshEvents, EVENTS_AT_MOST_EVERY_MS);
        },
      },
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [enabled, cache]);
  return state;
}
