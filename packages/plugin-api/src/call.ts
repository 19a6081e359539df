import type { Exec } from './exec.ts';
import type { Logger } from './logger.ts';

/** One execution of a handler command. */
export interface Call<P> {
  readonly params: P;
  /** The envelope id of the request. */
  readonly requestId: string;
  /** Aborted on timeout, on cancel, and on plugin stop; `signal.reason` says which. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly exec: Exec;
  /**
   * Told to the hub while it runs (feature `command.output`), as what a process writes is: bounded, never waited for. The result is
   * what counts: a hub without that feature has nothing else. Default stream: `stdout`.
   */
  readonly output: (text: string | Uint8Array, stream?: 'stdout' | 'stderr') => void;
}

/** How far a job is: sums only, never the names of what it works on. Numbers are cut to whole ones. */
export interface Progress {
  /** Default: `running`. The agent itself says `starting` before the job begins. */
  readonly stage?: 'starting' | 'running' | 'finalizing';
  readonly done: number;
  /** Absent: not known. */
  readonly total?: number;
  readonly message?: string;
  /** Of a job that moves data. */
  readonly transfer?: {
    readonly bytesPerSecond: number;
    readonly etaSeconds?: number;
    readonly objects: number;
    readonly totalObjects: number;
  };
  /** Of a job that frees space. */
  readonly bytesFreed?: number;
}

/** One execution of a job. */
export interface JobCall<P, C> extends Call<P> {
  /** Tells the hub, and renews the job's lease. Many in a row are told as their last. */
  readonly progress: (update: Progress) => void;
  /**
   * On disk when it resolves; renews the lease. At most 16 KiB of JSON. Rejects with `E_JOB_CHECKPOINT`. Loops await it, which
   * also lets them see the signal.
   */
  readonly checkpoint: (value: C) => Promise<void>;
  /** What a resumable job saved last before the agent went down; undefined on a first run. */
  readonly resumedFrom: C | undefined;
}
