/** What one call came to: the fields of `command.result` that depend on the run (wire page, 2.8). */
export interface Outcome {
  readonly success: boolean;
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly duration_ms: number;
  /** One of ours, or a plugin's own word. */
  readonly failure_reason: string | null;
  /** A job's further fields of the result. */
  readonly extras?: Readonly<Record<string, unknown>>;
  /** To be called once the result is handed over. */
  readonly afterwards?: () => void;
}

/** v1's words; `cancelled`, `interrupted` (the agent's end cut it off, SEC-069) and `agent_overloaded` are in its open set. */
export type FailureReason =
  | 'exit_code'
  | 'timeout'
  | 'cancelled'
  | 'interrupted'
  | 'not_found'
  | 'os_error'
  | 'validation_failed'
  | 'agent_overloaded';

/** An outcome of something that never ran to an exit. */
export function failed(failure_reason: FailureReason, stderr: string, duration_ms = 0): Outcome {
  return { success: false, exit_code: -1, stdout: '', stderr, duration_ms: Math.trunc(duration_ms), failure_reason };
}

/** An outcome of something that was told to end; the reason of the signal says why. */
export function cancelled({ reason }: AbortSignal, duration_ms = 0): Outcome {
  return failed('cancelled', reason instanceof Error ? reason.message : String(reason), duration_ms);
}

/** Aborts what runs when the agent itself ends. */
export const AGENT_STOPS = new Error('cut off because the agent is stopping; look at what it did, then send it again');

/** Nobody asked to cancel what the agent's own end cut off. */
export function interruptedBy({ reason }: AbortSignal, outcome: Outcome): Outcome {
  const isCutOff = reason === AGENT_STOPS && outcome.failure_reason === 'cancelled';
  return isCutOff ? { ...outcome, failure_reason: 'interrupted' } : outcome;
}
