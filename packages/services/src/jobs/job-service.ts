import { setMaxListeners } from 'node:events';
import { failed } from '@stormpulse/kernel';
import type {
  AcceptedJob,
  Clock,
  CollectorService,
  EventLog,
  JobMembers,
  JobService,
  Outcome,
  WorkQueue,
} from '@stormpulse/kernel';
import { periodMs } from '@stormpulse/plugin-api';
import type { Logger } from '@stormpulse/plugin-api';
import { jobResultEvent } from './job-event.ts';
import { jobMembers, modeOf } from './job-members.ts';
import type { JobStore, KeptJob } from './job-store.ts';
import { interruptedResult, obstacle, specOf } from './interrupted.ts';
import { Lease } from './lease.ts';
import { ProgressTeller } from './progress-teller.ts';
import { withExtras } from './extras.ts';

export interface JobServiceOptions {
  readonly clock: Clock;
  readonly collectors: Pick<CollectorService, 'reread'>;
  readonly events: Pick<EventLog, 'record'>;
  readonly store: JobStore;
  /** SEC-068: six run at once; how many wait is bounded here. */
  readonly queue: WorkQueue;
  readonly logger: Logger;
}

type Agent = Parameters<JobService['open']>[0];
type Work = (members: JobMembers, signal: AbortSignal) => Promise<Outcome>;

/** One job that was taken. `end` gives its answer, once; it is over before it began if it did so while it waited. */
interface Taken {
  readonly job: AcceptedJob;
  readonly stop: AbortSignal;
  readonly work: Work;
  /** What it goes on from. */
  readonly kept: KeptJob | undefined;
  readonly end: (outcome: Outcome | undefined) => void;
  /** Aborted when it no longer waits. */
  readonly begun: AbortController;
  state: 'waiting' | 'running' | 'over';
}

/** SEC-068. */
const WAITING_AT_MOST = 64;
const CUT_OFF = 'the agent stopped before the job ended; look at what it did, then start it again';

/** Jobs of this agent (wire page, 8.7): they outlive the connection, and a restart is told of or survived. */
export function createJobService(options: JobServiceOptions): JobService {
  return new Jobs(options);
}

class Jobs implements JobService {
  readonly #options: JobServiceOptions;
  readonly #unfinished = new Map<string, Taken>();
  readonly #cutOff = new Map<string, KeptJob>();
  #agent: Agent | undefined;
  #overCeiling = 0;
  #stopping = false;

  constructor(options: JobServiceOptions) {
    this.#options = options;
  }

  open(agent: Agent): void {
    this.#agent = agent;
    for (const kept of this.#restored()) {
      const why = obstacle(kept, agent.command(kept.command));
      if (why === undefined) {
        this.#cutOff.set(kept.requestId, kept);
        agent.resume(kept.requestId, kept.command, kept.params ?? {});
        if (this.#unfinished.has(kept.requestId)) continue;
      } else this.#tellInterrupted(kept, why);
      this.#cutOff.delete(kept.requestId);
      this.#forget(kept.requestId);
    }
  }

  async run(job: AcceptedJob, stop: AbortSignal, work: Work): Promise<Outcome | undefined> {
    const { requestId } = job;
    if (this.#unfinished.has(requestId)) {
      this.#options.logger.warn({ requestId, command: job.command.wireName }, 'a job with this id runs already; it was ignored');
      return undefined;
    }
    const refusal = this.#refusalOf(job);
    if (refusal !== undefined) return this.#reject(job, refusal);
    const kept = this.#cutOff.get(requestId);
    if (kept === undefined && !this.#keep(job))
      return failed('os_error', 'the job cannot be recorded on this host; look at its log, make room on its disk, send it again');
    return await new Promise((resolve) => {
      const taken: Taken = { job, stop, work, kept, end: resolve, begun: new AbortController(), state: 'waiting' };
      this.#unfinished.set(requestId, taken);
      // As many listen to one signal as wait.
      setMaxListeners(0, stop);
      stop.addEventListener('abort', () => this.#endWaiting(taken), { once: true, signal: taken.begun.signal });
      this.#options.queue.offer(job.keys, () => this.#perform(taken));
    });
  }

  counters(): ReturnType<JobService['counters']> {
    const all = [...this.#unfinished.values()];
    const limited = all.filter(({ job }) => modeOf(job).ceiling !== undefined);
    const running = (of: readonly Taken[]): number => of.filter(({ state }) => state === 'running').length;
    return {
      pending: all.length,
      running: running(all),
      quota_pending: limited.length,
      quota_running: running(limited),
      quota_rejected: this.#overCeiling,
    };
  }

  async drain(): Promise<void> {
    this.#stopping = true;
    for (const taken of this.#unfinished.values()) this.#endWaiting(taken);
    await this.#options.queue.whenIdle();
    this.#options.store.close();
  }

  #refusalOf(job: AcceptedJob): string | undefined {
    if (this.#stopping) return 'the agent is stopping; send the command again when it is back';
    const waiting = [...this.#unfinished.values()].filter(({ state }) => state === 'waiting').length;
    if (waiting >= WAITING_AT_MOST) return 'too many jobs are waiting; send it again later';
    const { ceiling } = modeOf(job);
    const same = [...this.#unfinished.values()].filter((other) => other.job.command.wireName === job.command.wireName);
    if (ceiling === undefined || same.length < ceiling) return undefined;
    this.#overCeiling += 1;
    return `${same.length} jobs of this kind are unfinished, the most there may be; send it again later`;
  }

  #reject(job: AcceptedJob, why: string): Outcome {
    const outcome = failed('agent_overloaded', why);
    this.#options.events.record(jobResultEvent(job, outcome, this.#unfinished.size, this.counters()));
    return outcome;
  }

  /** What waits when it is cancelled, or when the agent stops, need not wait for its turn. */
  #endWaiting(taken: Taken): void {
    if (taken.state !== 'waiting') return;
    const outcome = failed('cancelled', 'not started: it was cancelled, or the agent is stopping; send it again if it is needed');
    const goesOn = this.#goesOn(taken, outcome);
    this.#drop(taken);
    if (!goesOn) {
      this.#forget(taken.job.requestId);
      this.#options.events.record(jobResultEvent(taken.job, outcome, this.#unfinished.size));
    }
    taken.end(goesOn ? undefined : outcome);
  }

  async #perform(taken: Taken): Promise<void> {
    if (taken.state !== 'waiting') return;
    taken.state = 'running';
    taken.begun.abort('begun');
    const ended = withExtras(await this.#work(taken), taken.job);
    const goesOn = this.#goesOn(taken, ended);
    const cutOff = this.#stopping && !goesOn && ended.failure_reason === 'cancelled';
    const outcome: Outcome = cutOff ? { ...ended, failure_reason: 'interrupted', stderr: CUT_OFF } : ended;
    if (goesOn) taken.end(undefined);
    else {
      await this.#tell(taken, outcome);
      this.#forget(taken.job.requestId);
    }
    if (outcome.success && !this.#stopping) await this.#reread(taken.job);
    this.#drop(taken);
  }

  async #work({ job, stop, work, kept }: Taken): Promise<Outcome> {
    const { clock, store } = this.#options;
    const { lease: every } = modeOf(job);
    const lapse = new AbortController();
    const lease = new Lease(clock, every === undefined ? undefined : periodMs(every), () => lapse.abort());
    const teller = new ProgressTeller(clock, job, (payload) => this.#agent?.progress(payload));
    let over = false;
    teller.tell({ stage: 'starting', done: 0 });
    try {
      const members = jobMembers(job, { lease, teller, store, isOver: () => over }, kept);
      const outcome = await work(members, AbortSignal.any([stop, lapse.signal]));
      const lapsed = lapse.signal.aborted && outcome.failure_reason === 'cancelled';
      return lapsed
        ? failed('timeout', `the job reported nothing for its lease of ${String(every)}`, outcome.duration_ms)
        : outcome;
    } catch (error) {
      this.#options.logger.error({ err: error, command: job.command.wireName }, 'a job ended in a way that nobody expected');
      return failed('os_error', 'the job ended in a way that the agent cannot tell');
    } finally {
      over = true;
      lease.end();
      teller.end();
    }
  }

  /** A resumable job that the agent's own end cut off is not answered: it goes on when the agent is back. */
  #goesOn({ job }: Taken, outcome: Outcome): boolean {
    return this.#stopping && outcome.failure_reason === 'cancelled' && isResumable(job);
  }

  async #tell(taken: Taken, outcome: Outcome): Promise<void> {
    this.#options.events.record(jobResultEvent(taken.job, outcome, this.#unfinished.size));
    await new Promise<void>((told) => taken.end({ ...outcome, afterwards: told }));
  }

  /** After success: what it changed is read again, then told in one push. */
  async #reread(job: AcceptedJob): Promise<void> {
    const { plugin, definition } = job.command;
    if (definition.effect === 'read') return;
    const read = await Promise.allSettled(
      modeOf(job).rereads.map(async ({ collector, only }) => {
        await this.#options.collectors.reread(plugin, collector, only?.(job.params), 'job');
      }),
    );
    for (const result of read)
      if (result.status === 'rejected')
        this.#options.logger.warn({ err: result.reason as unknown, plugin }, 'a re-read after a job failed');
    if (read.some(({ status }) => status === 'fulfilled')) this.#agent?.push();
  }

  #drop(taken: Taken): void {
    taken.state = 'over';
    taken.begun.abort('begun');
    this.#unfinished.delete(taken.job.requestId);
    this.#cutOff.delete(taken.job.requestId);
  }

  #keep(job: AcceptedJob): boolean {
    const { command, requestId, sequenceId, wireParams: params } = job;
    // After a restart a step is answered with its sequence, by what the nonce database accepted.
    if (sequenceId !== null) return true;
    const kept = { requestId, command: command.wireName, group: command.group, sequenceId, spec: specOf(command) };
    try {
      this.#options.store.add(isResumable(job) ? { ...kept, params } : kept);
      return true;
    } catch (error) {
      this.#options.logger.error({ err: error, command: command.wireName }, 'a job was not begun: it could not be recorded');
      return false;
    }
  }

  #forget(requestId: string): void {
    try {
      this.#options.store.forget(requestId);
    } catch (error) {
      this.#options.logger.error(
        { err: error, requestId },
        'the record of a job could not be removed; it is told of again after a restart',
      );
    }
  }

  #restored(): readonly KeptJob[] {
    try {
      return this.#options.store.all();
    } catch (error) {
      this.#options.logger.error({ err: error }, 'what a restart cut off cannot be read; those jobs stay unanswered');
      return [];
    }
  }

  #tellInterrupted(kept: KeptJob, why: string): void {
    const result = interruptedResult(kept, why);
    const { command, failure_reason, duration_ms } = result;
    const ids = { source: 'jobs', kind: 'job_result', trigger: 'job', command, command_ref: kept.requestId };
    this.#options.events.record({ ...ids, status: 'failed', failure_reason, error: why, duration_ms, concurrent: 0 });
    this.#agent?.answer(result);
  }
}

/** A step of a sequence is not: the rest of its sequence is gone. */
function isResumable(job: AcceptedJob): boolean {
  return modeOf(job).resumable && job.sequenceId === null;
}
