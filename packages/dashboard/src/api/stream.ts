import { isRecord } from './problem.ts';
import type { AgentView, OutputPiece, RunView } from './types.ts';

/** `connecting` is the first attempt, `reconnecting` every later one: what is shown may be old. */
export type StreamState = 'connecting' | 'live' | 'reconnecting';

export interface FleetHandlers {
  onState(state: StreamState): void;
  onAgent(agent: AgentView): void;
  onRun(run: RunView): void;
  onOutput(piece: OutputPiece): void;
  /** An event arrived for this agent, or for one the hub did not name (null). */
  onAgentEvent(agent: string | null): void;
  /** What this agent's plugins declare is another. */
  onAgentManifest(agent: string): void;
}

/** The part of `EventSource` used here, so that a test can drive it. */
export interface EventSourceLike {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface FleetStreamOptions {
  readonly open: () => EventSourceLike;
  readonly retryMs: number;
  readonly handlers: FleetHandlers;
}

const CLOSED = 2;

/**
 * Follows `/stream/fleet` (hub page, section 6.1) until the returned function is called. The browser reconnects by itself
 * after a lost connection, but gives up for good when the hub answers an error: then this opens a new one after `retryMs`.
 */
export function followFleet({ open, retryMs, handlers }: FleetStreamOptions): () => void {
  let source: EventSourceLike | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let stopped = false;

  const start = () => {
    timer = null;
    const current = open();
    source = current;
    current.addEventListener('open', () => handlers.onState('live'));
    current.addEventListener('error', () => {
      if (stopped) return;
      handlers.onState('reconnecting');
      if (current.readyState === CLOSED) timer ??= setTimeout(start, retryMs);
    });
    listen(current, 'agents', (data) => {
      for (const agent of Array.isArray(data) ? (data as unknown[]) : [data]) if (isAgent(agent)) handlers.onAgent(agent);
    });
    listen(current, 'run', (data) => {
      if (isRun(data)) handlers.onRun(data);
    });
    listen(current, 'run-output', (data) => {
      if (isOutputPiece(data)) handlers.onOutput(data);
    });
    listen(current, 'agent-event', (data) => handlers.onAgentEvent(agentOf(data)));
    listen(current, 'agent-manifest', (data) => {
      const agent = agentOf(data);
      if (agent !== null) handlers.onAgentManifest(agent);
    });
  };

  handlers.onState('connecting');
  start();
  return () => {
    stopped = true;
    if (timer !== null) clearTimeout(timer);
    source?.close();
  };
}

function listen(source: EventSourceLike, type: string, handle: (data: unknown) => void): void {
  source.addEventListener(type, (event) => {
    let data: unknown;
    try {
      data = JSON.parse(event.data) as unknown;
    } catch (error) {
      console.warn('The hub sent a live update that is no JSON; it is skipped.', error);
      return;
    }
    handle(data);
  });
}

function isAgent(value: unknown): value is AgentView {
  return isRecord(value) && typeof value['id'] === 'string' && isRecord(value['liveness']);
}

function isRun(value: unknown): value is RunView {
  return isRecord(value) && typeof value['id'] === 'string' && typeof value['agent'] === 'string';
}

function isOutputPiece(value: unknown): value is OutputPiece {
  if (!isRecord(value)) return false;
  const { run, stream, at, text } = value;
  return (
    typeof run === 'string' && (stream === 'stdout' || stream === 'stderr') && typeof at === 'number' && typeof text === 'string'
  );
}

function agentOf(value: unknown): string | null {
  if (!isRecord(value)) return null;
  const name = value['agent'] ?? value['agent_id'];
  return typeof name === 'string' ? name : null;
}
