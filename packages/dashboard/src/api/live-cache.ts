import type { QueryClient } from '@tanstack/react-query';
import { appendFigures } from '../model/series.ts';
import { runWords } from '../model/run-words.ts';
import { unixMs } from '../text/time.ts';
import { keys, LIST_LIMIT } from './queries.ts';
import type { AgentView, Metrics, OutputPiece, Page, RunView } from './types.ts';

/** Writes a streamed agent into the list and its figures to the end of the charts; an older revision changes nothing. */
export function applyAgent(cache: QueryClient, agent: AgentView): void {
  const page = cache.getQueryData<Page<AgentView>>(keys.agents);
  const known = page?.items.find((one) => one.id === agent.id);
  if (known !== undefined && known.revision > agent.revision) return;
  if (page !== undefined) cache.setQueryData<Page<AgentView>>(keys.agents, { ...page, items: withAgent(page.items, agent) });
  const { figures } = agent;
  const at = unixMs(figures?.at);
  if (figures !== null && at !== null) {
    cache.setQueryData<Metrics>(keys.metrics(agent.id), (metrics) =>
      metrics === undefined ? undefined : appendFigures(metrics, figures, Math.floor(at / 1000)),
    );
  }
  if (known !== undefined && reconnected(known, agent)) applyManifest(cache, agent.id);
}

/** Asks again what the agent offers and what its plugins declare. */
export function applyManifest(cache: QueryClient, agent: string): void {
  void cache.invalidateQueries({ queryKey: keys.commands(agent) });
  void cache.invalidateQueries({ queryKey: keys.plugins(agent) });
}

/** Writes a run's news; what has ended does not open again, whichever answer comes last. */
export function applyRun(cache: QueryClient, run: RunView): void {
  cache.setQueryData<RunView>(keys.run(run.id), (known) => newer(known, run));
  cache.setQueryData<Page<RunView>>(keys.runs(run.agent), (page) => {
    if (page === undefined) return undefined;
    const known = page.items.find((one) => one.id === run.id);
    if (known === undefined) return { ...page, items: [run, ...page.items].slice(0, LIST_LIMIT) };
    return { ...page, items: page.items.map((one) => (one.id === run.id ? newer(known, run) : one)) };
  });
}

/** Adds a piece to what a shown run wrote so far; a page that missed one before it asks for all again. */
export function applyOutput(cache: QueryClient, { run: id, stream, at, text }: OutputPiece): void {
  const run = cache.getQueryData<RunView>(keys.run(id));
  const target = run?.target;
  if (run === undefined || target === null || target === undefined || target.result !== null) return;
  const output = target.output ?? { stdout: '', stderr: '' };
  const known = output[stream];
  if (at > known.length) void cache.invalidateQueries({ queryKey: keys.run(id) }, { cancelRefetch: false });
  else if (at + text.length > known.length)
    cache.setQueryData<RunView>(keys.run(id), {
      ...run,
      target: { ...target, output: { ...output, [stream]: known + text.slice(known.length - at) } },
    });
}

function newer(known: RunView | undefined, run: RunView): RunView {
  return known !== undefined && runWords(known.state).ended && !runWords(run.state).ended ? known : run;
}

function withAgent(items: readonly AgentView[], agent: AgentView): readonly AgentView[] {
  if (items.some((one) => one.id === agent.id)) return items.map((one) => (one.id === agent.id ? agent : one));
  return [...items, agent].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A new connection may have brought another manifest. */
function reconnected(before: AgentView, after: AgentView): boolean {
  return before.version !== after.version || before.liveness.link.since !== after.liveness.link.since;
}
