import type { AcceptedJob, Outcome } from '@stormpulse/kernel';
import { jobEventContext, nonSecretParams } from '@stormpulse/protocol';
import type { Payloads } from '@stormpulse/protocol';

type Counters = NonNullable<Payloads['metrics.push']['jobs']>;

/** The event of a job that ended, or that was not taken (wire page, 10.3). */
export function jobResultEvent(job: AcceptedJob, outcome: Outcome, concurrent: number, rejected?: Counters) {
  const { success, failure_reason, stderr, duration_ms } = outcome;
  const { properties } = job.command.definition.params;
  const isSecret = (name: string): boolean => properties[name]?.['x-secret'] === true;
  const texts = Object.entries(job.params).map(([name, value]) => [name, String(value)] as const);
  const told = nonSecretParams(nonSecretParams(Object.fromEntries(texts)), isSecret);
  return {
    ...jobEventContext(told),
    source: 'jobs',
    kind: 'job_result',
    command: job.command.wireName,
    command_ref: job.requestId,
    status: success ? 'success' : rejected === undefined ? 'failed' : 'rejected',
    failure_reason,
    error: success ? undefined : stderr,
    duration_ms,
    concurrent,
    bucket_id: told['bucket_id'],
    ...(rejected === undefined
      ? { trigger: 'job' }
      : {
          quota_pending: rejected.quota_pending,
          quota_running: rejected.quota_running,
          quota_rejected: rejected.quota_rejected,
        }),
  };
}
