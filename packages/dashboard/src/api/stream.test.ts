import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { followFleet, type EventSourceLike, type StreamState } from './stream.ts';

class FakeSource implements EventSourceLike {
  readyState = 0;
  closed = false;
  readonly #listeners = new Map<string, (event: MessageEvent<string>) => void>();

  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.#listeners.set(type, listener);
  }

  close(): void {
    this.closed = true;
  }

  emit(type: string, data = ''): void {
    this.#listeners.get(type)?.(new MessageEvent<string>(type, { data }));
  }
}

function follow() {
  const sources: FakeSource[] = [];
  const states: StreamState[] = [];
  const agents: string[] = [];
  const runs: string[] = [];
  const pieces: string[] = [];
  const events: (string | null)[] = [];
  const manifests: string[] = [];
  const stop = followFleet({
    open: () => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    },
    retryMs: 1_000,
    handlers: {
      onState: (state) => void states.push(state),
      onAgent: (agent) => void agents.push(agent.id),
      onRun: (run) => void runs.push(run.id),
      onOutput: (piece) => void pieces.push(`${piece.run} ${piece.stream} ${piece.at} ${piece.text}`),
      onAgentEvent: (agent) => void events.push(agent),
      onAgentManifest: (agent) => void manifests.push(agent),
    },
  });
  return { sources, states, agents, runs, pieces, events, manifests, stop };
}

describe('the fleet stream', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('hands on what running commands write, and nothing that is no such piece', () => {
    const { sources, pieces } = follow();
    const piece = { run: 'r', agent: 'a', stream: 'stderr', at: 0, text: 'x' };
    sources[0]?.emit('run-output', JSON.stringify(piece));
    for (const odd of [
      null,
      { ...piece, stream: 'stdin' },
      { ...piece, at: '0' },
      { ...piece, text: null },
      { ...piece, run: 1 },
    ])
      sources[0]?.emit('run-output', JSON.stringify(odd));
    expect(pieces).toEqual(['r stderr 0 x']);
  });

  it('hands on agents, runs, events and whose plugins declare something else', () => {
    const { sources, agents, runs, events, manifests, stop } = follow();
    sources[0]?.emit('agent-manifest', JSON.stringify({ agent: 'b' }));
    sources[0]?.emit('agent-manifest', JSON.stringify({}));
    sources[0]?.emit('agents', JSON.stringify({ id: 'a', liveness: {} }));
    sources[0]?.emit('run', JSON.stringify({ id: 'run_1', agent: 'a' }));
    sources[0]?.emit('agent-event', JSON.stringify({ agent: 'a', kind: 'x' }));
    sources[0]?.emit('agent-event', JSON.stringify({ kind: 'x' }));
    expect([agents, runs, events, manifests]).toEqual([['a'], ['run_1'], ['a', null], ['b']]);
    stop();
  });

  it('skips what is no update, and goes on', () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const { sources, agents, runs, stop } = follow();
    for (const data of ['{', 'null', '7', '{}', '{"id":1}', '{"id":"a"}']) {
      sources[0]?.emit('agents', data);
      sources[0]?.emit('run', data);
    }
    expect([agents, runs]).toEqual([[], []]);
    expect(warn).toHaveBeenCalledTimes(2);
    warn.mockRestore();
    stop();
  });

  it('says reconnecting while the browser tries, and live again after', () => {
    const { sources, states, stop } = follow();
    sources[0]?.emit('open');
    sources[0]?.emit('error');
    expect(sources).toHaveLength(1);
    sources[0]?.emit('open');
    expect(states).toEqual(['connecting', 'live', 'reconnecting', 'live']);
    stop();
  });

  it('opens a new stream when the browser gave up for good, once however often it says so', () => {
    const { sources, stop } = follow();
    const [first] = sources;
    if (first !== undefined) first.readyState = 2;
    first?.emit('error');
    first?.emit('error');
    vi.advanceTimersByTime(1_000);
    expect(sources).toHaveLength(2);
    stop();
    expect(sources[1]?.closed).toBe(true);
  });

  it('leaves nothing behind when stopped between two tries', () => {
    const { sources, stop } = follow();
    const [first] = sources;
    if (first !== undefined) first.readyState = 2;
    first?.emit('error');
    stop();
    vi.advanceTimersByTime(60_000);
    expect(sources).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
