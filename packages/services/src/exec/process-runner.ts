import type { Clock, ProcessRunner } from '@stormpulse/kernel';
import { pluginExec } from './plugin-exec.ts';
import { runProcess } from './run-process.ts';

/** The process side of the host. `env` is all any child gets; see `childEnvironment`. `cwd` is where commands run unless they say. */
export function createProcessRunner(options: {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}): ProcessRunner {
  const { clock, env, cwd } = options;
  return {
    run: (request) => runProcess({ cwd, ...request }, env, clock),
    exec: (file, args, execOptions) => pluginExec(file, args, execOptions, env, clock),
  };
}
