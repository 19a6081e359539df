import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import type { Clock, ProgramCheck } from '@stormpulse/kernel';
import type { Logger, ProcessLimits } from '@stormpulse/plugin-api';
import { withChildUmask } from './exec/child-umask.ts';
import { descriptorShortage } from './exec/descriptor-reserve.ts';
import { askToEnd, killCall } from './exec/end-call.ts';
import { endWithParent } from './exec/end-with-parent.ts';
import { newMark } from './exec/leftovers.ts';
import { launchUnder } from './exec/limits.ts';
import { DEFAULT_LIMITS } from './isolation/limits.ts';
import type { IsolationLimits } from './isolation/limits.ts';
import type { LoopMark } from './isolation/loop-mark.ts';
import type { StartProcess } from './isolation/process-carrier.ts';
import { createRunner } from './isolation/runner.ts';
import type { PluginRunner } from './isolation/runner.ts';

export { readLoopMark, openLoopMark } from './isolation/loop-mark.ts';
export { isOfPlugin } from './isolation/in-agent.ts';
export type { LastLoopMark, LoopMark } from './isolation/loop-mark.ts';
export type { IsolationLimits } from './isolation/limits.ts';
export type { PluginBill, PluginRunner, PluginSource } from './isolation/runner.ts';

export interface PluginRunnerOptions {
  readonly clock: Clock;
  /** Bound to the name of a plugin. */
  readonly logger: (name: string) => Logger;
  /** Over the defaults of SEC-207 and SEC-211. */
  readonly limits?: Partial<IsolationLimits>;
  /** Of each plugin's process, by `prlimit`. Default: 256 open files; without `prlimit` none. */
  readonly processLimits?: ProcessLimits;
  readonly programs?: ProgramCheck;
  readonly prlimit?: string;
  /** Default: this Node. */
  readonly node?: string;
  readonly nodeVersion?: string;
  /** Default: the file in the folder beside this one, in the bundle too. */
  readonly childEntry?: URL;
  /** Node's permission flags. Default: on. */
  readonly permissions?: boolean;
  /** Whose rights the processes get, where this one is root. Default: its own. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
  /** Names the plugin of isolation `none` that the agent's event loop is in. */
  readonly loopMark?: LoopMark;
}

const PROCESS_LIMITS: ProcessLimits = { open_files: 256 };
const NICE = 10;

/** What loads third-party plugins: in a process of their own, in a thread, or in the agent (D11). */
export function createPluginRunner(options: PluginRunnerOptions): PluginRunner {
  const { clock, logger, limits, loopMark } = options;
  return createRunner({
    clock,
    logger,
    limits: { ...DEFAULT_LIMITS, ...limits },
    start: contained(options),
    node: options.node ?? process.execPath,
    nodeVersion: options.nodeVersion ?? process.versions.node,
    childEntry: options.childEntry ?? new URL('isolation/plugin-child.js', import.meta.url),
    permissions: options.permissions ?? true,
    ...(loopMark === undefined ? {} : { loopMark }),
  });
}

/** As a command's process is started: own group, own mark, no environment, goes before the agent when memory runs out (D12). */
function contained({ clock, programs, prlimit = '/usr/bin/prlimit', processLimits, runAs }: PluginRunnerOptions): StartProcess {
  return (file, args) => {
    const shortage = descriptorShortage();
    if (shortage !== undefined) throw new Error(shortage.trimEnd());
    const launcher = { file: prlimit, programs };
    const bound = endWithParent(file, args);
    const wanted = launchUnder(processLimits ?? PROCESS_LIMITS, bound.file, bound.args, launcher);
    // Limits that the host did not ask for are no reason not to start.
    const launch = wanted.ok || processLimits !== undefined ? wanted : launchUnder({}, bound.file, bound.args, launcher);
    if (!launch.ok) throw new Error(launch.problem);
    const mark = newMark();
    const child = withChildUmask(() =>
      spawn(launch.file, [...launch.args], {
        env: { ...mark.environment },
        cwd: '/',
        shell: false,
        detached: true,
        stdio: ['pipe', 'pipe', 'pipe'],
        ...runAs,
      }),
    );
    const { pid } = child;
    if (pid !== undefined) yieldToAgent(pid);
    return {
      child,
      askToEnd: () => void (pid !== undefined && askToEnd(pid, mark)),
      kill: () => void (pid !== undefined && killCall(pid, mark, clock)),
    };
  };
}

/** Where both want a core, the agent's heartbeat goes first. */
function yieldToAgent(pid: number): void {
  try {
    setPriority(pid, NICE);
  } catch (error) {
    // It is gone already, which its exit tells.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
