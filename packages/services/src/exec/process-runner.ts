import type { Clock, LiveOutput, ProcessRunner, ProgramCheck } from '@stormpulse/kernel';
import type { ProcessLimits } from '@stormpulse/plugin-api';
import { pluginExec } from './plugin-exec.ts';
import { runProcess } from './run-process.ts';

export interface ProcessRunnerOptions {
  readonly clock: Clock;
  /** All that any child gets, besides the mark of its call; see `childEnvironment`. */
  readonly env: Readonly<Record<string, string>>;
  /** Where commands run unless they say. */
  readonly cwd: string;
  /** `[execution] limits`: of every child, unless its command has its own. */
  readonly limits?: ProcessLimits;
  /** Looks at the launcher of limited children. */
  readonly programs?: ProgramCheck;
  readonly prlimit?: string;
  /** Gets what commands write, as they write it. */
  readonly output?: Pick<LiveOutput, 'open'>;
}

/** The process side of the host. */
export function createProcessRunner(options: ProcessRunnerOptions): ProcessRunner {
  const { clock, env, cwd, limits = {}, programs, prlimit = '/usr/bin/prlimit', output } = options;
  const launcher = { file: prlimit, programs, limits };
  return {
    async run(request) {
      const live = request.live === undefined ? undefined : output?.open(request.live);
      const whole = { cwd, ...request, limits: { ...limits, ...request.limits } };
      return await runProcess(whole, env, clock, launcher, live).finally(() => live?.end());
    },
    exec: (file, args, execOptions) => pluginExec(file, args, execOptions, env, clock, launcher),
  };
}
