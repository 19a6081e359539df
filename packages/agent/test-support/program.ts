import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The program a host runs: the bundle that `npm test` makes of the build, or what the build left. */
export const PROGRAM = process.env['TESTED_AGENT'] ?? join(import.meta.dirname, '../dist/main.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly stderr: () => string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeFlags?: readonly string[];
  readonly cwd?: string;
  /** A program, with arguments, that becomes the agent: it sets what a process cannot set for itself. */
  readonly through?: readonly string[];
}

/** Starts `stormpulse ARGS` with a clean environment. Whoever starts it ends it. */
export function startProgram(args: readonly string[], options: ProgramOptions = {}): Running {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is not there; build first: npm run build`);
  const { env = {}, nodeFlags = ['--disable-proto=throw'], cwd, through = [] } = options;
  const [file = '', ...argv] = [...through, process.execPath, ...nodeFlags, PROGRAM, ...args];
  const child = spawn(file, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd,
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
    stdout,
    stderr,
  }));
  return { child, pid: child.pid ?? -1, ended, stderr: () => stderr };
}

/** Runs `stormpulse ARGS` to its end. */
export async function runProgram(args: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  return await startProgram(args, options).ended;
}

/** `run CONFIG`, as whoever runs the tests. */
export function runArgs(config: string, ...more: readonly string[]): string[] {
  return ['run', config, ...(process.geteuid?.() === 0 ? ['--allow-root'] : []), ...more];
}
