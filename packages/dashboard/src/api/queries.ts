import { queryOptions } from '@tanstack/react-query';
import { CHART_NAMES, CHART_POINTS } from '../model/series.ts';
import { runWords } from '../model/run-words.ts';
import type { Client } from './client.ts';
import type { StreamState } from './stream.ts';

export const LIST_LIMIT = 30;

/** Where each answer lives in the cache; the stream writes to the same places. */
export const keys = {
  me: ['me'],
  agents: ['agents'],
  commands: (agent: string) => ['commands', agent],
  plugins: (agent: string) => ['plugins', agent],
  events: (agent: string) => ['events', agent],
  metrics: (agent: string) => ['metrics', agent],
  runs: (agent: string) => ['runs', agent],
  run: (id: string) => ['run', id],
} as const;

export function meQuery(client: Client) {
  return queryOptions({
    queryKey: keys.me,
    queryFn: ({ signal }) => client.me(signal),
    // The sign-in page notices a session made in another tab; a stopped hub is noticed when it is back.
    refetchInterval: (query) => (query.state.status === 'error' ? 4_000 : false),
  });
}

export function agentsQuery(client: Client) {
  return queryOptions({ queryKey: keys.agents, queryFn: ({ signal }) => client.agents(signal), refetchInterval: 60_000 });
}

export function commandsQuery(client: Client, agent: string) {
  return queryOptions({ queryKey: keys.commands(agent), queryFn: ({ signal }) => client.commands(agent, signal) });
}

/** A plugin's state is not streamed yet, so it is asked for again while somebody looks. */
export function pluginsQuery(client: Client, agent: string) {
  return queryOptions({
    queryKey: keys.plugins(agent),
    queryFn: ({ signal }) => client.plugins(agent, signal),
    refetchInterval: 10_000,
  });
}

export function eventsQuery(client: Client, agent: string) {
  return queryOptions({
    queryKey: keys.events(agent),
    queryFn: ({ signal }) => client.events(agent, LIST_LIMIT, signal),
    refetchInterval: 30_000,
  });
}

export function metricsQuery(client: Client, agent: string) {
  return queryOptions({
    queryKey: keys.metrics(agent),
    queryFn: ({ signal }) => client.metrics(agent, CHART_NAMES, CHART_POINTS, signal),
  });
}

export function runsQuery(client: Client, agent: string) {
  return queryOptions({
    queryKey: keys.runs(agent),
    queryFn: ({ signal }) => client.runs(agent, LIST_LIMIT, signal),
    refetchInterval: 30_000,
  });
}

/** An open run is asked for until it ends, seldom while the stream brings its changes. */
export function runQuery(client: Client, id: string, stream: StreamState) {
  return queryOptions({
    queryKey: keys.run(id),
    queryFn: ({ signal }) => client.run(id, signal),
    refetchInterval: (query) => {
      const run = query.state.data;
      if (run !== undefined && runWords(run.state).ended) return false;
      return stream === 'live' ? 3_000 : 1_000;
    },
  });
}
