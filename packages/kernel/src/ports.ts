import type { AgentError, CollectorHandle, ConfigProblem, JobCall, Logger, ParamValue, Trigger } from '@stormpulse/plugin-api';
import type { CollectorDefinition, Grants } from '@stormpulse/plugin-api/internal';
import type { FrameNumbers, Payloads, ProtocolCrypto } from '@stormpulse/protocol';
import type { Outcome } from './dispatch/outcome.ts';
import type { ManifestTeller, PluginServiceFactory, PluginStatus } from './plugin-ports.ts';
import type { AuditLog, DenialLog, LocalPolicy, RefusalLog } from './policy-ports.ts';
import type { RegisteredCommand } from './plugins/registry.ts';
import type { LiveOutput, ProcessRunner, ProgramCheck } from './process-ports.ts';

/** Wall and monotonic time, and the only timers the kernel owns. */
export interface Clock {
  /** Unix time in milliseconds, with a fraction where the host gives one. Steps with the host's clock. */
  now(): number;
  /** Milliseconds that never go back. */
  monotonic(): number;
  /** Calls `fire` once after `ms` of monotonic time; the returned function cancels it. */
  after(ms: number, fire: () => void): () => void;
}

/** One open connection to the hub, as the kernel uses it. */
export interface Link {
  /** One text frame. Throws when the link is closed. */
  send(text: string): void;
  /** Bytes handed over and not yet written to the socket. */
  readonly bufferedBytes: number;
  ping(): void;
  /** Starts the closing handshake; `onClose` follows. */
  close(code: number, reason: string): void;
  /** Drops the socket at once; `onClose` follows. */
  terminate(): void;
}

export interface LinkEvents {
  onFrame(frame: string | Uint8Array): void;
  onPong(): void;
  /** Exactly once per link, however it ends. */
  onClose(code: number, reason: string): void;
}

/** Dials the hub. Rejects with `E_CONN_*`. */
export interface Transport {
  open(events: LinkEvents, signal: AbortSignal): Promise<Link>;
}

/** The state of one collector, as a reader sees it. */
export interface CollectedState {
  readonly plugin: string;
  readonly collector: string;
  readonly state: unknown;
  /** Unix milliseconds of the reading. */
  readonly at: number;
  readonly revision: number;
}

/** Runs collectors; owns jitter, overlap, timeouts and revisions. */
export interface CollectorService {
  /** Adds a plugin's collector; the returned function removes it. */
  add(
    plugin: string,
    definition: CollectorDefinition,
    report: (error: AgentError | undefined) => void,
  ): {
    readonly handle: CollectorHandle<unknown>;
    readonly remove: () => void;
  };
  /** Reads one of a plugin's collectors, after the cycle that may be under way. Rejects with `E_COLLECT_*`. */
  reread(plugin: string, collector: string, only?: Iterable<string>, trigger?: Trigger): Promise<unknown>;
  /** What to look at while the hub is there; `look` answers whether something was read for it. */
  detectors(): readonly { readonly everyMs: number; readonly look: () => Promise<boolean> }[];
  /** Runs every `'push'` collector and answers when each has finished or timed out. */
  collectForPush(): Promise<void>;
  /** The last whole state of every collector. */
  states(): readonly CollectedState[];
  /** How plugins stand and what they read, as hubs of these features read it; null when there is nothing to tell. */
  integrations(plugins: readonly PluginStatus[], features: ReadonlySet<string>): Payloads['register']['integrations'] | null;
  /** The v1 fields of `metrics.push`, merged over all collectors. */
  v1Metrics(): Readonly<Record<string, unknown>>;
  /** How the hatch stands, as the last reading of it found; closed where nobody reads it. */
  v1Signoff(): Payloads['signoff.state'];
  /** Who is told of changes from now on; undefined: nobody. */
  attach(reader: CollectorReader | undefined): void;
}

export interface CollectorReader {
  /** Whether it was taken; else it is told again. */
  signoff(state: Payloads['signoff.state']): boolean;
  /** States are there that should not wait for the next push. */
  changed(): void;
}

/** A job that may run: verified, its parameters decoded. */
export interface AcceptedJob {
  readonly command: RegisteredCommand;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly wireParams: Readonly<Record<string, string>>;
  readonly requestId: string;
  readonly sequenceId: string | null;
  readonly keys: readonly Key[];
}

/** What a job holds besides a handler's call. */
export type JobMembers = Pick<JobCall<unknown, unknown>, 'progress' | 'checkpoint' | 'resumedFrom'>;

/** Runs jobs: at most six, the others wait (wire page, 8.7). The link does not matter to them. */
export interface JobService {
  /** Once, before the first call: what they report to. What a restart cut off is resumed or answered here. */
  open(agent: {
    readonly command: (wireName: string) => RegisteredCommand | undefined;
    readonly resume: (requestId: string, command: string, params: Readonly<Record<string, string>>) => void;
    readonly answer: (result: Payloads['command.result']) => void;
    readonly progress: (progress: Payloads['command.progress']) => void;
    readonly push: () => void;
  }): void;
  /** Never rejects. `stop` ends it, waiting or not. Undefined: not to be answered (it runs already, or goes on after a restart). */
  run(
    job: AcceptedJob,
    stop: AbortSignal,
    work: (members: JobMembers, signal: AbortSignal) => Promise<Outcome>,
  ): Promise<Outcome | undefined>;
  counters(): NonNullable<Payloads['metrics.push']['jobs']>;
  /** Takes and begins nothing more; resolves when nothing runs. */
  drain(): Promise<void>;
}

/** The events plane: a bounded buffer, batches, acknowledgements (wire page, section 10). */
export interface EventLog {
  record(event: { readonly source: string; readonly kind: string } & Readonly<Record<string, unknown>>): void;
  /** The next batch to send, or undefined when there is nothing; `withIds`: each with its `id` (feature `events.id`). */
  drain(
    withIds?: boolean,
  ): { readonly batchId: string; readonly events: readonly Readonly<Record<string, unknown>>[] } | undefined;
  acknowledge(batchId: string): boolean;
  /** Puts what was sent and not acknowledged back in front, in its own order. */
  requeue(): void;
}

export type ClaimRefusal = 'replayed_nonce' | 'before_floor' | 'clock_rollback' | 'nonce_store_full' | 'nonce_store_fault';

/** What a claim lets begin, kept until it has its results: after a crash the hub is told of it (SEC-069). */
export interface Acceptance {
  readonly requestId: string;
  readonly sequenceId: string | null;
  /** In their order; a request has one. */
  readonly steps: readonly { readonly command: string; readonly group: string }[];
}

/** Single-use values, durable before dispatch (SEC-060 to 066). */
export interface NonceStore {
  /**
   * Resolves once the claim is on disk, and with it what it lets begin; or with the reason why it is not. Never rejects.
   * `tsMicros` is the signed time, `checkedMs` the host's at which it was fresh: a clock that steps before the commit counts for nothing.
   */
  claim(nonce: string, tsMicros: bigint, checkedMs: number, acceptance: Acceptance): Promise<ClaimRefusal | undefined>;
  close(): void;
}

/** Which claim a result answers, and whether it was its last. */
export interface ClaimStep {
  readonly nonce: string;
  readonly ended: boolean;
}

type Result = Payloads['command.result'];

/** Results until the hub has them, on disk before they are sent (SEC-069, SEC-070). Nothing of it throws. */
export interface ResultOutbox {
  readonly size: number;
  /** Given up since start: too old or too many. */
  readonly lost: number;
  /** Written in the next turn, with what else is ready by then, and sent. Without a claim: it was released before. */
  add(result: Result, claim?: ClaimStep): void;
  /** Whether it keeps a result of that request. */
  has(requestId: string): boolean;
  /** Another store keeps what was accepted, and answers it after a restart too: it is not `interrupted`. */
  release(nonce: string): void;
  /** A connection is up; `send` answers whether the frame was taken. */
  attach(send: (result: Result) => boolean): void;
  detach(): void;
  /** The hub said in `register.ok` that it acknowledges by id. */
  acknowledgesById(): void;
  /** Releases what the acknowledgement names; without an id the oldest sent on this connection, of a hub that knows none (D1). */
  acknowledge(requestId: string | undefined): boolean;
  /** Writes and sends at once what waits for its turn. */
  flush(): void;
  /** What the hub does not have is kept for the next start. */
  close(): void;
}

/** What a job holds while it runs: at most `places` jobs hold the same key at once. */
export interface Key {
  readonly name: string;
  readonly places: number;
}

/** Which commands run and which wait, within SEC-068's limits. Jobs must not reject. */
export interface WorkQueue {
  /** False when it is full; the job is then not taken. */
  offer(keys: readonly Key[], run: () => Promise<void>): boolean;
  /** Takes a job that waits back; false when it does not wait. */
  withdraw(run: () => Promise<void>): boolean;
  /** Resolves when nothing runs and nothing waits. */
  whenIdle(): Promise<void>;
}

/** What a plugin entry in the host's file amounts to. */
export interface PluginEntry {
  /** The key the host enabled it under; must equal the plugin's name. */
  readonly name: string;
  readonly load: () => Promise<unknown>;
  readonly config: unknown;
  readonly firstParty: boolean;
  readonly grants: Grants;
  /** `error`: the agent does not start without it. Default `disable`. */
  readonly startup: 'error' | 'disable';
  /** Its code is elsewhere and what it offers is known: the agent does not wait for it, and what is asked of it does. */
  readonly startsApart?: boolean;
  /** Why the host wants it off; it is told of, and nothing of it is loaded. */
  readonly off?: string;
}

/** Everything the kernel needs from outside. */
export interface Ports {
  readonly clock: Clock;
  readonly crypto: ProtocolCrypto;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly newId: () => string;
  readonly transport: Transport;
  readonly nonces: NonceStore;
  readonly results: ResultOutbox;
  readonly queue: WorkQueue;
  readonly runner: ProcessRunner;
  readonly programs: ProgramCheck;
  /** Without one a command is told of by its result alone. */
  readonly output?: LiveOutput;
  readonly collectors: CollectorService;
  readonly services: PluginServiceFactory;
  readonly jobs: JobService;
  readonly events: EventLog;
  /** The numbers of a new connection (feature `link.seq`); without it frames show none. */
  readonly frameNumbers?: () => FrameNumbers;
  /** Without one the host allows what it lists. */
  readonly policy?: LocalPolicy;
  readonly refusals: RefusalLog;
  /** Without one a denial is told to its plugin alone. */
  readonly denials?: DenialLog;
  /** Without one a hub has v1's entries alone. */
  readonly manifest?: ManifestTeller;
  /** Without one nothing is recorded. */
  readonly audit?: AuditLog;
  /** A logger bound to `name`: the kernel's own parts and each plugin. */
  readonly logger: (name: string) => Logger;
}

/** A problem of the operator's configuration found while plugins were set up. */
export interface LeftOut {
  readonly plugin: string;
  readonly command: string;
  readonly problem: ConfigProblem;
}
