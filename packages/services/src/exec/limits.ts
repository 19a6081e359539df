import { accessSync, constants, statSync } from 'node:fs';
import { setPriority } from 'node:os';
import type { ProgramCheck } from '@stormpulse/kernel';
import type { LimitName, ProcessLimits } from '@stormpulse/plugin-api';
import { quietly } from './quietly.ts';

const MB = 1_048_576;
/** From the signal that a program can handle to the one it cannot, in seconds of CPU time. */
const CPU_GRACE_SECONDS = 5;

/** How `prlimit` is told each limit; `nice` needs no launcher. */
const FLAGS: Readonly<Record<Exclude<LimitName, 'nice'>, (value: number) => string>> = {
  cpu_seconds: (value) => `--cpu=${value}:${value + CPU_GRACE_SECONDS}`,
  memory_mb: (value) => `--as=${value * MB}`,
  processes: (value) => `--nproc=${value}`,
  file_mb: (value) => `--fsize=${value * MB}`,
  open_files: (value) => `--nofile=${value}`,
};

/** What sets the limits of a child before it begins: util-linux's `prlimit`, looked at like any program (SEC-100). */
export interface Launcher {
  readonly file: string;
  readonly programs: ProgramCheck | undefined;
}

export type Launch =
  | { readonly ok: true; readonly file: string; readonly args: readonly string[] }
  | { readonly ok: false; readonly kind: 'not_found' | 'os_error'; readonly problem: string };

/** The argv that runs a program under its limits (SEC-124): its own when it has none, so that only who asks pays for a second exec. */
export function launchUnder(limits: ProcessLimits, file: string, args: readonly string[], launcher: Launcher): Launch {
  const flags = Object.entries(FLAGS).flatMap(([name, flag]) => {
    const value = limits[name as keyof typeof FLAGS];
    return value === undefined ? [] : [flag(value)];
  });
  if (flags.length === 0) return { ok: true, file, args };
  const unfit = launcherProblem(launcher);
  if (unfit !== undefined) {
    const fix = 'install util-linux, or remove the limits of this command and of [execution]';
    return { ok: false, kind: 'os_error', problem: `${file} was not started: its limits need ${unfit}; ${fix}` };
  }
  return programProblem(file) ?? { ok: true, file: launcher.file, args: [...flags, '--', file, ...args] };
}

function launcherProblem({ file, programs }: Launcher): string | undefined {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return `${file}, which is not there`;
  return programs?.problemWith(file)?.problem;
}

/** The launcher would tell these in its own words and with an exit code of its own, as if the program had run (SEC-127). */
function programProblem(file: string): Launch | undefined {
  try {
    accessSync(file, constants.X_OK);
    return undefined;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return { ok: false, kind: 'not_found', problem: `${file} is not there` };
    return { ok: false, kind: 'os_error', problem: `${file} could not be started: ${String(code)}` };
  }
}

/** The priority of a running child, which needs no launcher: what it starts inherits it. It may have ended already. */
export function lowerPriority(pid: number, { nice = 0 }: ProcessLimits): void {
  if (nice > 0) quietly(() => setPriority(pid, nice));
}
