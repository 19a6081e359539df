import { dirname, join } from 'node:path';
import type { KernelStatus } from '@stormpulse/kernel';
import { replaceFile } from './replace-file.ts';

/** What the running agent says of itself, for `stormpulse status` (D12: it listens nowhere). */
export interface StatusFile extends KernelStatus {
  readonly pid: number;
  readonly version: string;
  /** Unix milliseconds. */
  readonly writtenAt: number;
  readonly startedAt: number;
  /** Allowances of this run that weaken it, as written on the command line or in the file. */
  readonly allowances: readonly string[];
}

/** Beside the database: `<state folder>/status.json`. */
export function statusPath(databasePath: string): string {
  return join(dirname(databasePath), 'status.json');
}

const EVERY_MS = 1_000;

/** Replaces the status file at most once a second, and at the end. A disk that refuses is no reason to stop. */
export function createStatusWriter(
  path: string,
  own: Pick<StatusFile, 'pid' | 'version' | 'startedAt' | 'allowances'>,
  failed: (error: unknown) => void,
): {
  readonly update: (status: KernelStatus) => void;
  readonly close: () => void;
} {
  let latest: KernelStatus | undefined;
  let timer: NodeJS.Timeout | undefined;
  const write = (): void => {
    timer = undefined;
    if (latest === undefined) return;
    const file: StatusFile = { ...own, ...latest, writtenAt: Date.now() };
    try {
      replaceFile(path, Buffer.from(`${JSON.stringify(file)}\n`), { mode: 0o600, durable: false });
    } catch (error) {
      failed(error);
    }
  };
  return {
    update(status) {
      latest = status;
      timer ??= setTimeout(write, EVERY_MS).unref();
    },
    close() {
      clearTimeout(timer);
      write();
    },
  };
}
