import type { LiveOutput, OutputSoFar } from './live-output.ts';
import type { RunRow, RunStore, TargetResult, TargetRow, TargetState } from '../storage/run-store.ts';

/** A run as the API gives it: state of the run is the state of its one target. Times are Unix milliseconds. */
export interface RunView {
  readonly id: string;
  readonly agent: string;
  readonly command: string;
  readonly params: Readonly<Record<string, string>>;
  readonly state: TargetState;
  readonly created_at: number;
  readonly ended_at: number | null;
  readonly target: {
    readonly state: TargetState;
    readonly reason: string | null;
    readonly request_id: string;
    readonly sent_at: number | null;
    readonly result: TargetResult | null;
    /** What it wrote so far; null once there is a result, and while the agent tells nothing. */
    readonly output: OutputSoFar | null;
  };
}

export function toRunView(run: RunRow, target: TargetRow, live?: OutputSoFar): RunView {
  const output = target.result === null ? (live ?? null) : null;
  const state = target.state === 'sent' && output !== null ? 'running' : target.state;
  return {
    id: run.id,
    agent: run.agentId,
    command: run.command,
    params: run.params,
    state,
    created_at: run.createdAt,
    ended_at: target.endedAt,
    target: {
      state,
      reason: target.reason,
      request_id: target.requestId,
      sent_at: target.sentAt,
      result: target.result,
      output,
    },
  };
}

/** The view of one run by id, as it is stored now. */
export function findRunView(runs: RunStore, id: string, live?: Pick<LiveOutput, 'of'>): RunView | undefined {
  const run = runs.find(id);
  const target = run === undefined ? undefined : runs.targetOf(id);
  return run === undefined || target === undefined ? undefined : toRunView(run, target, live?.of(target.requestId));
}
