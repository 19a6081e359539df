import type { Clock } from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import { createPluginRunner, isOfPlugin, openLoopMark, readLoopMark } from '@stormpulse/services/isolation';
import { takeUncaught } from '../host/uncaught.ts';
import type { PluginRunner, RunAs } from './runner.ts';

export interface IsolatingRunnerOptions {
  readonly clock: Clock;
  /** Bound to the name of a plugin. */
  readonly logger: (name: string) => Logger;
  /** Where is kept which plugin's code the agent is in. Without one nothing is kept. */
  readonly loopMarkPath?: string;
  /** Whose rights the processes get; default: this one's. */
  readonly runAs?: RunAs;
}

/** Runs plugins where the file wants them, and says which one's code an earlier run was in when it ended. */
export function isolatingRunner({ clock, logger, loopMarkPath, runAs }: IsolatingRunnerOptions): PluginRunner {
  const options = { clock, logger, ...(runAs === undefined ? {} : { runAs }) };
  if (loopMarkPath === undefined) return createPluginRunner(options);
  const last = readLoopMark(loopMarkPath);
  if (last.in !== undefined)
    logger(last.in).error(
      'the agent ended while it was in the code of this plugin; if the watchdog ended it, that code blocked it: isolation = "process" keeps the two apart',
    );
  takeUncaught(isOfPlugin);
  return createPluginRunner({ ...options, loopMark: openLoopMark(loopMarkPath) });
}
