import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Clock, OutputSink, ProcessOutcome, ProcessRequest } from '@stormpulse/kernel';
import { CappedOutput } from './capped-output.ts';
import { withChildUmask } from './child-umask.ts';
import { descriptorShortage } from './descriptor-reserve.ts';
import { hasExecFormat, noExecFormat } from './exec-format.ts';
import { DRAIN_MS, KILL_AFTER_MS, askToEnd, killCall } from './end-call.ts';
import { newMark } from './leftovers.ts';
import { launchUnder, lowerPriority } from './limits.ts';
import type { Launcher } from './limits.ts';

interface Running {
  readonly child: ChildProcess;
  readonly stdout: CappedOutput;
  readonly stderr: CappedOutput;
}

/**
 * Runs one program: argv as given, no shell, own process group, environment `env` and its mark and nothing else. Never
 * rejects. Timeout and cancel end the group and what left it, SIGTERM then SIGKILL after 5 s (SEC-121).
 */
export function runProcess(
  request: ProcessRequest,
  env: Readonly<Record<string, string>>,
  clock: Clock,
  launcher: Launcher,
  live?: Pick<OutputSink, 'write'>,
): Promise<ProcessOutcome> {
  const begun = clock.monotonic();
  const outcome = (kind: ProcessOutcome['kind'], exitCode: number, running?: Running, note = ''): ProcessOutcome => ({
    kind,
    exitCode,
    stdout: running?.stdout.text() ?? '',
    stderr: note + (running?.stderr.text() ?? ''),
    durationMs: clock.monotonic() - begun,
    truncated: running !== undefined && (running.stdout.truncated || running.stderr.truncated),
  });
  if (request.signal.aborted) return Promise.resolve(outcome('cancelled', -1, undefined, whyCancelled(request.signal)));
  const shortage = descriptorShortage();
  if (shortage !== undefined) return Promise.resolve(outcome('agent_overloaded', -1, undefined, shortage));
  if (!hasExecFormat(request.file)) return Promise.resolve(outcome('os_error', -1, undefined, `${noExecFormat(request.file)}\n`));
  const { limits = {} } = request;
  const launch = launchUnder(limits, request.file, request.args, launcher);
  if (!launch.ok) return Promise.resolve(outcome(launch.kind, -1, undefined, `${launch.problem}\n`));
  const mark = newMark();
  let child: ChildProcess;
  try {
    child = start({ ...request, file: launch.file, args: launch.args }, { ...env, ...request.env, ...mark.environment });
  } catch (error) {
    return Promise.resolve(spawnFailure(error, request, outcome));
  }
  if (child.pid !== undefined) lowerPriority(child.pid, limits);
  return new Promise((resolve) => {
    const running: Running = { child, stdout: new CappedOutput(), stderr: new CappedOutput() };
    const cancels: (() => void)[] = [];
    let ended: { readonly kind: 'timeout' | 'cancelled'; readonly note: string } | undefined;
    let exited = false;
    let settled = false;

    const settle = (result: () => ProcessOutcome): void => {
      if (settled) return;
      settled = true;
      cancels.forEach((cancel) => cancel());
      request.signal.removeEventListener('abort', onAbort);
      child.stdin?.destroy();
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(result());
    };
    const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
      // Whatever a timeout or a cancel left alive goes now.
      if (ended !== undefined && child.pid !== undefined) killCall(child.pid, mark, clock);
      const exitCode = signal === null ? (code ?? -1) : -constants.signals[signal];
      settle(() => (ended === undefined ? outcome('exited', exitCode, running) : outcome(ended.kind, -1, running, ended.note)));
    };
    const end = (kind: 'timeout' | 'cancelled', note: string): void => {
      if (ended !== undefined || exited || child.pid === undefined) return;
      ended = { kind, note };
      const { pid } = child;
      askToEnd(pid, mark);
      const kill = (): void => {
        killCall(pid, mark, clock);
        // Not even this ends what belongs to another user or hangs in the kernel; the answer does not wait for it.
        cancels.push(clock.after(DRAIN_MS, () => finish(null, null)));
      };
      cancels.push(clock.after(KILL_AFTER_MS, kill));
    };
    const onAbort = (): void => end('cancelled', whyCancelled(request.signal));

    for (const stream of ['stdout', 'stderr'] as const)
      child[stream]?.on('data', (chunk: Buffer) => {
        running[stream].push(chunk);
        live?.write(stream, chunk);
      });
    // A pipe that breaks ends that stream; the exit tells the rest.
    for (const pipe of [child.stdout, child.stderr]) pipe?.on('error', () => undefined);
    child.once('error', (error) => settle(() => spawnFailure(error, request, outcome)));
    child.once('close', finish);
    child.once('exit', (code, signal) => {
      exited = true;
      // After a timeout or a cancel the rest of the group has until SIGKILL to end in order. One turn more reads what a
      // busy loop left in the pipe.
      if (ended === undefined) cancels.push(clock.after(DRAIN_MS, () => setImmediate(() => finish(code, signal))));
    });
    cancels.push(
      clock.after(request.timeoutMs, () =>
        end('timeout', `the command took longer than its ${request.timeoutMs / 1_000} s and was ended\n`),
      ),
    );
    request.signal.addEventListener('abort', onAbort, { once: true });
    if (request.stdin !== undefined) feed(child, request.stdin);
  });
}

/** Who aborts says why, for the person who reads the result. */
function whyCancelled({ reason }: AbortSignal): string {
  return `${reason instanceof Error ? reason.message : 'cancelled'}\n`;
}

function start(request: ProcessRequest, env: Readonly<Record<string, string>>): ChildProcess {
  return withChildUmask(() =>
    spawn(request.file, [...request.args], {
      env,
      shell: false,
      detached: true,
      stdio: [request.stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(request.cwd === undefined ? {} : { cwd: request.cwd }),
    }),
  );
}

function feed(child: ChildProcess, text: string): void {
  // A program that does not read its input closes the pipe; its own exit code tells the rest.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(text);
}

function spawnFailure(
  error: unknown,
  request: ProcessRequest,
  outcome: (kind: 'not_found' | 'os_error', exitCode: number, running: undefined, note: string) => ProcessOutcome,
): ProcessOutcome {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT')
    return outcome('not_found', -1, undefined, `${request.file} is not there, or its working folder is not\n`);
  const message = error instanceof Error ? error.message : String(error);
  return outcome('os_error', -1, undefined, `${request.file} could not be started: ${message.slice(0, 300)}\n`);
}
