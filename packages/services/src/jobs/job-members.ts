import { Check } from '@sinclair/typebox/value';
import type { AcceptedJob, JobMembers } from '@stormpulse/kernel';
import { defineError } from '@stormpulse/plugin-api';
import { closed } from '@stormpulse/plugin-api/internal';
import type { JobMode } from '@stormpulse/plugin-api/internal';
import type { JobStore, KeptJob } from './job-store.ts';
import type { Lease } from './lease.ts';
import type { ProgressTeller } from './progress-teller.ts';

export const JobCheckpoint = defineError<{ command: string; problem: string }>(
  'E_JOB_CHECKPOINT',
  'failed_precondition',
  'plugin',
  (d) => `job "${d.command}": its checkpoint ${d.problem}`,
);

const MAX_CHECKPOINT_CHARS = 16 * 1024;

/** The mode of a command that is a job. */
export function modeOf({ command }: Pick<AcceptedJob, 'command'>): JobMode {
  return command.definition.mode as JobMode;
}

/** What one run of a job holds besides a handler's call. `isOver`: it must change nothing any more. */
export function jobMembers(
  job: AcceptedJob,
  parts: { readonly lease: Lease; readonly teller: ProgressTeller; readonly store: JobStore; readonly isOver: () => boolean },
  kept: KeptJob | undefined,
): JobMembers {
  const { lease, teller, store, isOver } = parts;
  return {
    progress: (update) => {
      lease.renew();
      teller.tell(update);
    },
    // Async, so that what is wrong with it rejects and never throws.
    checkpoint: async (value) => {
      const text = checkpointText(job, value);
      if (isOver()) throw JobCheckpoint({ command: job.command.wireName, problem: 'came after its end' });
      lease.renew();
      store.save(job.requestId, text);
      await Promise.resolve();
    },
    resumedFrom: kept?.checkpoint === undefined ? undefined : (JSON.parse(kept.checkpoint) as unknown),
  };
}

function checkpointText(job: AcceptedJob, value: unknown): string {
  const refuse = (problem: string): never => {
    throw JobCheckpoint({ command: job.command.wireName, problem });
  };
  const { checkpoint } = modeOf(job);
  if (checkpoint === undefined) return refuse('has no schema; give the job a "checkpoint"');
  if (!Check(closed(checkpoint), value)) return refuse('is not what its schema allows');
  const text = JSON.stringify(value);
  return text.length > MAX_CHECKPOINT_CHARS ? refuse(`has ${text.length} characters, at most ${MAX_CHECKPOINT_CHARS}`) : text;
}
