import type { Clock } from '@stormpulse/kernel';
import { defineError } from '@stormpulse/plugin-api';
import type { ExecOptions, ExecResult, ProcessLimits } from '@stormpulse/plugin-api';
import { withChildUmask } from './child-umask.ts';
import { descriptorShortage } from './descriptor-reserve.ts';
import { hasExecFormat, noExecFormat } from './exec-format.ts';
import { DRAIN_MS, KILL_AFTER_MS, askToEnd, killCall } from './end-call.ts';
import { newMark } from './leftovers.ts';
import { launchUnder, lowerPriority } from './limits.ts';
import type { Launcher } from './limits.ts';

export const ExecFailed = defineError<{ file: string; exitCode: number; stderr: string }>(
  'E_EXEC_FAILED',
  'failed_precondition',
  'host',
  (d) => `${d.file} exited with ${d.exitCode}: ${d.stderr}`,
);
export const ExecNotFound = defineError<{ file: string }>(
  'E_EXEC_NOT_FOUND',
  'failed_precondition',
  'host',
  (d) => `${d.file} is not there; install it, or correct the path`,
);
export const ExecKilled = defineError<{ file: string; why: string }>(
  'E_EXEC_KILLED',
  'aborted',
  'host',
  (d) => `${d.file} was ended: ${d.why}`,
);
export const ExecRefused = defineError<{ file: string; problem: string }>(
  'E_EXEC_REFUSED',
  'permission_denied',
  'operator',
  (d) => `${d.file} was not started: ${d.problem}; name the program by its full path, and let only its owner change it`,
);

const GAVE_UP = 'its caller gave up';
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_MAX_BYTES = 1024 * 1024;

/**
 * What stands behind `ctx.exec`: execa with everything it would inherit switched off, in a process group of its own; a
 * timeout or a cancel ends it and what left it (SEC-121). Loaded on first use.
 */
export async function pluginExec(
  file: string,
  args: readonly string[],
  options: ExecOptions,
  env: Readonly<Record<string, string>>,
  clock: Pick<Clock, 'after'>,
  launcher: Launcher & { readonly limits: ProcessLimits },
): Promise<ExecResult> {
  const { signal } = options;
  const { execa } = await import('execa');
  if (signal?.aborted === true) throw ExecKilled({ file, why: GAVE_UP });
  if (!file.startsWith('/')) throw ExecRefused({ file, problem: 'it is no absolute path' });
  const unfit = launcher.programs?.problemWith(file);
  if (unfit !== undefined) throw ExecRefused({ file, problem: unfit.problem });
  const shortage = descriptorShortage();
  if (shortage !== undefined) throw ExecFailed({ file, exitCode: -1, stderr: shortage.trimEnd() });
  if (!hasExecFormat(file)) throw ExecFailed({ file, exitCode: -1, stderr: noExecFormat(file) });
  const launch = launchUnder(launcher.limits, file, args, launcher);
  if (!launch.ok)
    throw launch.kind === 'not_found' ? ExecNotFound({ file }) : ExecFailed({ file, exitCode: -1, stderr: launch.problem });
  const mark = newMark();
  const subprocess = withChildUmask(() =>
    execa(launch.file, [...launch.args], {
      shell: false,
      extendEnv: false,
      env: { ...env, ...options.env, ...mark.environment },
      detached: true,
      maxBuffer: options.maxOutputBytes ?? DEFAULT_MAX_BYTES,
      stripFinalNewline: false,
      reject: false,
      ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    }),
  );
  const { pid } = subprocess;
  if (pid !== undefined) lowerPriority(pid, launcher.limits);
  const cancels: (() => void)[] = [];
  let why: string | undefined;
  let giveUp = (): void => undefined;
  const givenUp = new Promise<undefined>((resolve) => {
    giveUp = () => resolve(undefined);
  });
  const dropPipes = (): void => [subprocess.stdin, subprocess.stdout, subprocess.stderr].forEach((pipe) => pipe?.destroy());
  const end = (reason: string): void => {
    if (why !== undefined || pid === undefined) return;
    why = reason;
    askToEnd(pid, mark);
    const kill = (): void => {
      killCall(pid, mark, clock);
      // What left the group may hold the pipes for ever, and what belongs to another user may live on: nobody waits for it.
      cancels.push(clock.after(DRAIN_MS, () => [dropPipes(), giveUp()]));
    };
    cancels.push(clock.after(KILL_AFTER_MS, kill));
  };
  const onAbort = (): void => end(GAVE_UP);
  signal?.addEventListener('abort', onAbort, { once: true });
  cancels.push(clock.after(options.timeoutMs ?? DEFAULT_TIMEOUT_MS, () => end('it took too long')));
  subprocess.once('exit', () => {
    // A process left behind may hold the pipes for ever.
    if (why === undefined) cancels.push(clock.after(DRAIN_MS, dropPipes));
  });
  const result = await Promise.race([subprocess, givenUp]);
  cancels.forEach((cancel) => cancel());
  signal?.removeEventListener('abort', onAbort);
  if (pid !== undefined && (why !== undefined || result?.isMaxBuffer === true)) killCall(pid, mark, clock);
  if (why !== undefined || result === undefined) throw ExecKilled({ file, why: why ?? GAVE_UP });
  return asResult(file, result);
}

interface Finished {
  readonly exitCode?: number | undefined;
  readonly code?: string | undefined;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
  readonly shortMessage?: string | undefined;
  readonly isMaxBuffer: boolean;
}

function asResult(file: string, result: Finished): ExecResult {
  const stderr = typeof result.stderr === 'string' ? result.stderr : '';
  if (result.exitCode === undefined && result.code === 'ENOENT') throw ExecNotFound({ file });
  if (!result.isMaxBuffer && result.exitCode !== 0)
    throw ExecFailed({ file, exitCode: result.exitCode ?? -1, stderr: (stderr || (result.shortMessage ?? '')).slice(0, 300) });
  return {
    exitCode: result.exitCode ?? 0,
    stdout: typeof result.stdout === 'string' ? result.stdout : '',
    stderr,
    truncated: result.isMaxBuffer,
  };
}
