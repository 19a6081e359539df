import { QueryClient } from '@tanstack/react-query';
import { afterEach, describe, expect, it } from 'vitest';
import { applyAgent, applyOutput, applyRun } from './live-cache.ts';
import { keys } from './queries.ts';
import type { AgentView, Metrics, Page, RunView } from './types.ts';

const cache = new QueryClient();
afterEach(() => cache.clear());

function agent(id: string, revision: number, cpu = 1): AgentView {
  return {
    id,
    state: 'active',
    version: '1',
    os: null,
    liveness: { link: { state: 'up', since: 1 }, agent: { state: 'ok', since: 1, skew_ms: null } },
    figures: {
      cpu_percent: cpu,
      memory_percent: null,
      memory_used_mb: null,
      memory_total_mb: null,
      disk_percent: null,
      disk_used_gb: null,
      disk_total_gb: null,
      load_avg_1m: null,
      load_avg_5m: null,
      uptime_seconds: null,
      containers: [],
      at: 1_000 + revision,
    },
    certificate: null,
    signoff: null,
    features: [],
    revision,
  };
}

function run(id: string, state: string): RunView {
  return { id, agent: 'a', command: 'uptime', params: {}, state, created_at: 1, ended_at: null, target: null };
}

const listed = () => cache.getQueryData<Page<AgentView>>(keys.agents)?.items;

describe('live updates of agents', () => {
  it('replace the row, lengthen the chart, and add an agent that is new', () => {
    cache.setQueryData(keys.agents, { items: [agent('b', 1)], next: null });
    cache.setQueryData<Metrics>(keys.metrics('b'), { t: [1_000], series: [{ name: 'cpu_percent', unit: '', values: [1] }] });
    applyAgent(cache, agent('b', 2, 77));
    applyAgent(cache, agent('a', 1));
    expect(listed()?.map((one) => [one.id, one.revision])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(cache.getQueryData<Metrics>(keys.metrics('b'))?.series[0]?.values).toEqual([1, 77]);
  });

  it('do nothing when they are older than what is shown', () => {
    cache.setQueryData(keys.agents, { items: [agent('b', 5, 5)], next: null });
    applyAgent(cache, agent('b', 4, 4));
    expect(listed()?.[0]?.figures?.cpu_percent).toBe(5);
  });
});

describe('live updates of runs', () => {
  it('appear first in the list and then change in place', () => {
    cache.setQueryData(keys.runs('a'), { items: [run('old', 'succeeded')], next: null });
    applyRun(cache, run('new', 'queued'));
    applyRun(cache, run('new', 'succeeded'));
    const items = cache.getQueryData<Page<RunView>>(keys.runs('a'))?.items;
    expect(items?.map((one) => [one.id, one.state])).toEqual([
      ['new', 'succeeded'],
      ['old', 'succeeded'],
    ]);
  });

  it('never open again what has ended, but a late result corrects unknown', () => {
    applyRun(cache, run('r', 'unknown'));
    applyRun(cache, run('r', 'running'));
    expect(cache.getQueryData<RunView>(keys.run('r'))?.state).toBe('unknown');
    applyRun(cache, run('r', 'succeeded'));
    expect(cache.getQueryData<RunView>(keys.run('r'))?.state).toBe('succeeded');
  });
});

describe('live output of a run', () => {
  const piece = (at: number, text: string, stream: 'stdout' | 'stderr' = 'stdout') =>
    applyOutput(cache, { run: 'r', stream, at, text });
  const shown = () => cache.getQueryData<RunView>(keys.run('r'))?.target?.output;
  const target = { state: 'running', request_id: 'q', sent_at: 1, result: null };

  it('grows piece by piece, each taken once', () => {
    cache.setQueryData<RunView>(keys.run('r'), { ...run('r', 'running'), target });
    piece(0, 'one\n');
    piece(0, 'oops', 'stderr');
    piece(2, 'e\ntwo');
    piece(4, 'two');
    expect(shown()).toEqual({ stdout: 'one\ntwo', stderr: 'oops' });
  });

  it('asks for all again when a piece before it was missed', () => {
    cache.setQueryData<RunView>(keys.run('r'), { ...run('r', 'running'), target });
    piece(5, 'late');
    expect(shown()).toBeUndefined();
    expect(cache.getQueryState(keys.run('r'))?.isInvalidated).toBe(true);
  });

  it('changes nothing of a run that has its result, or that nobody looks at', () => {
    piece(0, 'x');
    expect(shown()).toBeUndefined();
    const result = { success: true, exit_code: 0, stdout: 'all', stderr: '', duration_ms: 1, failure_reason: null };
    cache.setQueryData<RunView>(keys.run('r'), { ...run('r', 'succeeded'), target: { ...target, result } });
    piece(0, 'x');
    expect(shown()).toBeUndefined();
  });
});
