import { execFile } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { programPath, servicePrograms } from '../host/service-programs.ts';
import type { Unseen } from './case-file.ts';
import { readStanding } from './standing.ts';
import type { Standing } from './standing.ts';

/** What an investigation may look at. It reads, and asks nobody for more rights. */
export interface Outside {
  readonly now: () => number;
  /** Whose unit the agent is. */
  readonly scope: 'system' | 'user';
  /** How the agent of that file stands with its hub. */
  readonly standing: (configPath: string) => Standing | Unseen;
  readonly run: (name: 'journalctl' | 'last' | 'sadf', args: readonly string[]) => Promise<Ran>;
  /** Undefined: not there, or not for this user. */
  readonly read: (path: string) => Buffer | undefined;
  /** Names in a folder; none when it cannot be read. */
  readonly list: (folder: string) => readonly string[];
  readonly wait: (ms: number) => Promise<unknown>;
}

/** How a program ended; undefined in `code`: this host has none, or it was ended for taking too long or saying too much. */
export interface Ran {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 64 * 1024 * 1024;

export function realOutside(): Outside {
  const now = (): number => Date.now();
  const standing = (configPath: string): Standing | Unseen => readStanding(configPath, now());
  return { now, scope: servicePrograms().scope, standing, run, read, list, wait: (ms) => sleep(ms) };
}

function run(name: string, args: readonly string[]): Promise<Ran> {
  const file = programPath(name);
  if (file === undefined) return Promise.resolve({ code: undefined, stdout: '', stderr: `this host has no ${name}` });
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', ...pick('TZ', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS') };
  return new Promise((resolve) => {
    execFile(file, args, { env, timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : undefined;
      const why = code === undefined ? `${name} was ended: it took longer than 30 s, or said more than is read` : stderr;
      resolve({ code, stdout, stderr: why });
    });
  });
}

function pick(...names: string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name] ?? '']])));
}

function read(path: string): Buffer | undefined {
  return attempt(() => readFileSync(path));
}

function list(folder: string): readonly string[] {
  return attempt(() => readdirSync(folder)) ?? [];
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
