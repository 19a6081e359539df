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
  };
}

export function toRunView(run: RunRow, target: TargetRow): RunView {
  return {
    id: run.id,
    agent: run.agentId,
    command: run.command,
    params: run.params,
    state: target.state,
    created_at: run.createdAt,
    ended_at: target.endedAt,
    target: {
      state: target.state,
      reason: target.reason,
      request_id: target.requestId,
      sent_at: target.sentAt,
      result: target.result,
    },
  };
}

/** The view of one run by id, as it is stored now. */
export function findRunView(runs: RunStore, id: string): RunView | undefined {
  const run = runs.find(id);
  const target = run === undefined ? undefined : runs.targetOf(id);
  return run === undefined || target === undefined ? undefined : toRunView(run, target);
}
