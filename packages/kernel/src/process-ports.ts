import type { ExecOptions, ExecResult, ProcessLimits } from '@stormpulse/plugin-api';
import type { Payloads } from '@stormpulse/protocol';

/** One process to run: everything decided, nothing interpreted. */
export interface ProcessRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly stdin?: string;
  /** Over the environment that every command has (SEC-120). */
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: ProcessLimits;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** What it writes may be told while it runs, these texts never. */
  readonly live?: { readonly requestId: string; readonly secrets: readonly string[] };
}

/** How a process ended, told truthfully (SEC-127). */
export interface ProcessOutcome {
  /** `agent_overloaded`: not started, for want of what the agent needs itself (SEC-185). */
  readonly kind: 'exited' | 'timeout' | 'cancelled' | 'not_found' | 'os_error' | 'agent_overloaded';
  /** The real code; the negative signal number when killed by a signal; -1 when it never ran to an exit. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  readonly truncated: boolean;
}

/** Runs processes in their own group with a clean environment (SEC-120 to 127). */
export interface ProcessRunner {
  run(request: ProcessRequest): Promise<ProcessOutcome>;
  /** For plugins: rejects with `E_EXEC_*`. */
  exec(file: string, args: readonly string[], options: ExecOptions): Promise<ExecResult>;
}

/** What one running command writes; `end`: its result follows, and has all that was not told by now. */
export type OutputSink = { write(stream: 'stdout' | 'stderr', chunk: Uint8Array): void; end(): void };

/** Tells the hub what running commands write (feature `command.output`): bounded, resumed on the next connection; never waits. */
export interface LiveOutput {
  open(command: NonNullable<ProcessRequest['live']>): OutputSink;
  /** Both sides named the feature on this connection; `send` answers whether the message was taken. */
  attach(send: (message: Payloads['command.output']) => boolean): void;
  detach(): void;
  acknowledge(ack: unknown): void;
}

/** Asks whether a program may be run (SEC-100). Undefined: it may. One that is not there yet may: running it answers `not_found`. */
export interface ProgramCheck {
  problemWith(
    file: string,
  ): { readonly reason: 'not_a_program' | 'writable_program'; readonly problem: string; readonly fix: string } | undefined;
}
