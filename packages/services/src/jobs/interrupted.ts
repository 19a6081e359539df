import type { RegisteredCommand } from '@stormpulse/kernel';
import type { Payloads } from '@stormpulse/protocol';
import type { KeptJob } from './job-store.ts';

/** What makes a job the same after a restart: what the hub saw of it, and what it saves. */
export function specOf({ manifest, definition }: RegisteredCommand): string {
  const { mode } = definition;
  return JSON.stringify([manifest, mode.kind === 'job' && [mode.resumable, mode.checkpoint ?? null]]);
}

/** Undefined: it may go on. Else why it cannot. */
export function obstacle(kept: KeptJob, command: RegisteredCommand | undefined): string | undefined {
  if (kept.params === undefined) return 'the agent went down before the job ended; look at what it did, then start it again';
  if (command === undefined) return 'the agent went down before the job ended, and this host no longer offers it';
  if (specOf(command) !== kept.spec)
    return 'the agent went down before the job ended, and the command changed meanwhile; start it again';
  return undefined;
}

/** The result of a job that a restart cut off. */
export function interruptedResult(kept: KeptJob, why: string): Payloads['command.result'] {
  return {
    request_id: kept.requestId,
    command: kept.command,
    group: kept.group,
    success: false,
    exit_code: -1,
    stdout: '',
    stderr: why,
    duration_ms: 0,
    sequence_id: kept.sequenceId,
    failure_reason: 'interrupted',
  };
}
