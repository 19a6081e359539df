import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KernelStatus } from '@stormpulse/kernel';
import { monotonicMs } from '@stormpulse/services';
import type { RenewalStatus } from '@stormpulse/services';
import type { PluginBill } from '@stormpulse/services/isolation';
import { Type } from '@sinclair/typebox';
import { Check } from '@sinclair/typebox/value';
import type { PluginChange } from '../plugins/live-plugins.ts';
import { removeLeftovers } from './leftovers.ts';
import { processMark } from './process-mark.ts';
import { replaceFile } from './replace-file.ts';

/** What the kernel knows of a running agent, and what its services do. */
export interface RunningStatus extends KernelStatus {
  readonly renewal?: RenewalStatus;
  /** What was found wrong with the hub's frames, by kind, since start (feature `link.seq`). */
  readonly linkFaults?: Readonly<Record<string, number>>;
  /** The address in use, where the host's file names more than one. */
  readonly hub?: string;
  /** Plugins with a process or a thread of their own. */
  readonly pluginProcesses?: readonly PluginBill[];
  /** It takes changes of plugins while it runs. */
  readonly takesPluginChanges?: true;
  /** The newest one. */
  readonly pluginChange?: PluginChange;
}

/** What the running agent says of itself, for `stormpulse status` (D12: it listens nowhere). */
export interface StatusFile extends RunningStatus {
  readonly pid: number;
  /** Tells this process from a later one of the same number. */
  readonly mark: string;
  readonly version: string;
  /** Unix milliseconds. */
  readonly writtenAt: number;
  readonly startedAt: number;
  /** Allowances of this run that weaken it, as written on the command line or in the file. */
  readonly allowances: readonly string[];
}

/** What a reader relies on; an older or a later agent's file may hold more. */
const Shape = Type.Object({
  pid: Type.Integer({ minimum: 1 }),
  mark: Type.String(),
  connection: Type.Object({
    state: Type.String(),
    since: Type.Number(),
    nextAttemptInMs: Type.Optional(Type.Number()),
    lastError: Type.Optional(Type.Object({ code: Type.String(), message: Type.String() })),
  }),
  lastAckAt: Type.Optional(Type.Number()),
  clockAheadMs: Type.Optional(Type.Number()),
  plugins: Type.Array(Type.Object({ name: Type.String(), state: Type.String(), reason: Type.Optional(Type.String()) })),
  commands: Type.Array(Type.String()),
  leftOut: Type.Array(
    Type.Object({
      command: Type.String(),
      problem: Type.Object({ problem: Type.String(), fix: Type.Optional(Type.String()) }),
    }),
  ),
  refusals: Type.Record(Type.String(), Type.Number()),
  linkFaults: Type.Optional(Type.Record(Type.String(), Type.Number())),
  pluginProcesses: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String(),
        cpuPercent: Type.Optional(Type.Number()),
        memoryBytes: Type.Optional(Type.Number()),
        restarts: Type.Optional(Type.Number()),
        lastError: Type.Optional(Type.String()),
      }),
    ),
  ),
  pluginChange: Type.Optional(
    Type.Object({
      requests: Type.Array(Type.String()),
      outcomes: Type.Array(Type.Object({ plugin: Type.String(), outcome: Type.String(), reason: Type.Optional(Type.String()) })),
      problem: Type.Optional(Type.String()),
    }),
  ),
  outbox: Type.Object({ waiting: Type.Number(), lost: Type.Number() }),
  allowances: Type.Array(Type.String()),
  hub: Type.Optional(Type.String()),
  renewal: Type.Optional(Type.Object({ state: Type.String(), at: Type.Number(), error: Type.Optional(Type.String()) })),
});

/** Beside the database: `<state folder>/status.json`. */
export function statusPath(databasePath: string): string {
  return join(dirname(databasePath), 'status.json');
}

/** The status file of an agent that still runs. Undefined when there is none, it is not readable, or its process is gone. */
export function readRunning(path: string): StatusFile | undefined {
  let file: unknown;
  try {
    file = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof Error && 'code' in error)) return undefined;
    throw error;
  }
  if (!Check(Shape, file) || processMark(file.pid) !== file.mark) return undefined;
  return file as unknown as StatusFile;
}

/** Whether it is there and only this user may not read it. */
export function isStatusHidden(path: string): boolean {
  try {
    readFileSync(path);
    return false;
  } catch (error) {
    if (error instanceof Error && 'code' in error) return error.code === 'EACCES' || error.code === 'EPERM';
    throw error;
  }
}

const EVERY_MS = 1_000;

/** Replaces the status file at most once a second, and at the end. A disk that refuses is told once and is no reason to stop. */
export function createStatusWriter(
  path: string,
  own: Pick<StatusFile, 'version' | 'startedAt' | 'allowances'>,
  failed: (error: unknown) => void,
): {
  readonly update: (read: () => RunningStatus) => void;
  readonly close: () => void;
} {
  const self = { pid: process.pid, mark: processMark(process.pid) ?? '' };
  let latest: (() => RunningStatus) | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writtenAt = Number.NEGATIVE_INFINITY;
  let isFailing = false;
  const attempt = (work: () => void): void => {
    try {
      work();
      isFailing = false;
    } catch (error) {
      if (!isFailing) failed(error);
      isFailing = true;
    }
  };
  const write = (): void => {
    timer = undefined;
    if (latest === undefined) return;
    writtenAt = monotonicMs();
    const file: StatusFile = { ...self, ...own, ...latest(), writtenAt: Date.now() };
    attempt(() => replaceFile(path, `${JSON.stringify(file)}\n`, { mode: 0o600, durable: false }));
  };
  attempt(() => removeLeftovers(path));
  return {
    update(read) {
      latest = read;
      // At once where it may be: a change wakes this process anyway, and a timer would wake it again.
      timer ??= setTimeout(write, Math.max(0, writtenAt + EVERY_MS - monotonicMs())).unref();
    },
    close() {
      clearTimeout(timer);
      write();
    },
  };
}
