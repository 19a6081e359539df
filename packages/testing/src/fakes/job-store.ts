import type { JobStore, KeptJob } from '@stormpulse/services';

/** What would be on disk of the jobs of one host, for as many agents as are started over it. */
export function createMemoryJobStore(): JobStore {
  const jobs = new Map<string, KeptJob>();
  return {
    has: (requestId) => jobs.has(requestId),
    all: () => [...jobs.values()],
    add: (job) => void jobs.set(job.requestId, job),
    save(requestId, checkpoint) {
      const job = jobs.get(requestId);
      if (job !== undefined) jobs.set(requestId, { ...job, checkpoint });
    },
    forget: (requestId) => void jobs.delete(requestId),
    close: () => undefined,
  };
}
