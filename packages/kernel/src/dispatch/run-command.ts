import { Check } from '@sinclair/typebox/value';
import { CommandFailed, isAgentError, periodMs } from '@stormpulse/plugin-api';
import type { Call, Exec, ParamValue } from '@stormpulse/plugin-api';
import { closed, fillArgv, fillEnv, hideSecrets, secretsIn, typedParams, withDeadline } from '@stormpulse/plugin-api/internal';
import type { JobMembers, Ports, ProcessOutcome } from '../ports.ts';
import type { RegisteredCommand } from '../plugins/registry.ts';
import { cancelled, failed } from './outcome.ts';
import type { Outcome } from './outcome.ts';

/** A call that may run: verified, its parameters decoded. */
export interface ReadyCall {
  readonly command: RegisteredCommand;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly requestId: string;
}

/** SEC-122, for what a handler returns. */
const MAX_RESULT_CHARS = 256 * 1024;
/** What a handler's processes have from the polite signal to their end, and a moment to tell it. */
const ENDING_MS = 6_000;
const REASON = /^[a-z][a-z0-9_]{0,63}$/u;

/** Runs one call to its end. Never rejects: every way to end is an outcome (wire page, 14.14). */
export async function runCommand(call: ReadyCall, ports: Ports, stop: AbortSignal, job?: JobMembers): Promise<Outcome> {
  const { clock } = ports;
  const { mode, timeout } = call.command.definition;
  if (stop.aborted) return cancelled(stop);
  const begun = clock.monotonic();
  const timeoutMs = periodMs(timeout);
  const own = new AbortController();
  let given: Outcome | undefined;
  let giveUp: () => void = () => undefined;
  const givenUp = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const end = (reason: 'timeout' | 'cancelled', text: string): void => {
    given = failed(reason, text, clock.monotonic() - begun);
    own.abort(new Error(text));
    giveUp();
  };
  const onStop = (): void => end('cancelled', cancelled(stop).stderr);
  // The runner ends a process in time by itself; one that does not must keep neither the answer nor the key.
  const limitMs = mode.kind === 'subprocess' ? timeoutMs + ENDING_MS : timeoutMs;
  const cancelTimer = clock.after(limitMs, () => end('timeout', `the command took longer than its ${timeoutMs / 1_000} s`));
  stop.addEventListener('abort', onStop, { once: true });
  const { signal } = own;
  const work = mode.kind === 'subprocess' ? runProcess(call, mode, ports, signal) : runHandler(call, mode, ports, signal, job);
  const run = work.catch((error: unknown) => pluginFailure(error, call, clock.monotonic() - begun));
  try {
    const outcome = await Promise.race([run, givenUp]);
    if (outcome !== undefined) return outcome;
    // D7: what it began is still ending (SEC-121), and the next command of its key must not begin beside it.
    const late = await withDeadline(clock, run, ENDING_MS, call.command.wireName).catch(() => undefined);
    return (mode.kind === 'subprocess' ? late : undefined) ?? given ?? cancelled(stop);
  } finally {
    cancelTimer();
    stop.removeEventListener('abort', onStop);
  }
}

type Mode<K extends string> = Extract<RegisteredCommand['definition']['mode'], { readonly kind: K }>;

async function runProcess(call: ReadyCall, mode: Mode<'subprocess'>, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  const { timeout, allow = [] } = call.command.definition;
  // Looked at when the table was built, too; it may have come, or been opened to others, since (SEC-100).
  const unfit = ports.programs.problemWith(mode.file);
  if (unfit !== undefined && !allow.includes(unfit.reason)) return failed('os_error', `${unfit.problem}; ${unfit.fix}`);
  const stdin = mode.stdin === undefined ? undefined : call.params[mode.stdin];
  const live = tellable(call);
  const outcome = await ports.runner.run({
    file: mode.file,
    args: fillArgv(mode.argv, call.params),
    timeoutMs: periodMs(timeout),
    signal,
    ...(mode.cwd === undefined ? {} : { cwd: mode.cwd }),
    ...(mode.limits === undefined ? {} : { limits: mode.limits }),
    ...(stdin === undefined ? {} : { stdin: String(stdin) }),
    ...(mode.env === undefined ? {} : { env: fillEnv(mode.env, call.params) }),
    ...(live === undefined ? {} : { live }),
  });
  return processOutcome(outcome, call);
}

function processOutcome(outcome: ProcessOutcome, call: ReadyCall): Outcome {
  const { exitCode, kind } = outcome;
  const success = kind === 'exited' && exitCode === 0;
  const reason = kind === 'exited' ? 'exit_code' : kind;
  return {
    success,
    exit_code: exitCode,
    stdout: hideSecrets(outcome.stdout, call.command.definition, call.params),
    stderr: hideSecrets(outcome.stderr, call.command.definition, call.params),
    duration_ms: Math.trunc(outcome.durationMs),
    failure_reason: success ? null : reason,
  };
}

type Callable = Mode<'handler'> | Mode<'job'>;

/** What may be told of a call while it runs. */
function tellable({ command: { definition }, params, requestId }: ReadyCall) {
  return definition.sensitiveOutput === true ? undefined : { requestId, secrets: secretsIn(definition, params) };
}

async function runHandler(call: ReadyCall, mode: Callable, ports: Ports, signal: AbortSignal, job?: JobMembers) {
  const begun = ports.clock.monotonic();
  const exec: Exec = (file, args, options = {}) =>
    call.command.exec(file, args, { ...options, signal: AbortSignal.any([signal, options.signal ?? signal]) });
  const told = tellable(call);
  const live = told && ports.output?.open(told);
  const output: Call<unknown>['output'] = (text, stream = 'stdout') =>
    signal.aborted ? undefined : live?.write(stream, typeof text === 'string' ? Buffer.from(text) : text);
  const log = ports.logger(call.command.plugin);
  const params = typedParams(call.command.definition.params, call.params);
  const members = { params, requestId: call.requestId, signal, log, exec, output, ...(job as JobMembers) };
  const value = await mode.run(members).finally(() => live?.end());
  return handlerOutcome(value, mode, call, ports.clock.monotonic() - begun);
}

function handlerOutcome(value: unknown, mode: Callable, call: ReadyCall, duration: number): Outcome {
  if (!Check(closed(mode.result), value))
    return failed('os_error', 'the plugin returned something its result schema does not allow', duration);
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  const stdout = hideSecrets(text, call.command.definition, call.params);
  if (stdout.length > MAX_RESULT_CHARS)
    return failed('os_error', `the plugin returned more than ${MAX_RESULT_CHARS} characters`, duration);
  const extras = mode.kind === 'job' ? mode.extras?.(value) : undefined;
  const outcome = { success: true, exit_code: 0, stdout, stderr: '', duration_ms: Math.trunc(duration), failure_reason: null };
  return extras === undefined ? outcome : { ...outcome, extras };
}

/** What is told of a plugin's code that threw: its own reason, if it chose one. */
export function pluginFailure(error: unknown, call: Omit<ReadyCall, 'requestId'>, durationMs = 0): Outcome {
  if (CommandFailed.is(error)) {
    const { reason, extras } = error.details as Parameters<typeof CommandFailed>[0];
    const outcome = failed('os_error', shown(error.message, call), durationMs);
    if (REASON.test(reason)) return { ...outcome, failure_reason: reason, ...(extras === undefined ? {} : { extras }) };
  }
  const message = isAgentError(error)
    ? `${error.code}: ${error.message}`
    : `${call.command.definition.mode.kind === 'subprocess' ? 'running it' : 'the plugin'} failed: ${error instanceof Error ? error.message : String(error)}`;
  return failed('os_error', shown(message, call), durationMs);
}

/** SEC-074, SEC-116: redacted before it is cut, so that no part of a secret is left at the cut. */
function shown(text: string, call: Omit<ReadyCall, 'requestId'>): string {
  return hideSecrets(text, call.command.definition, call.params).slice(0, 500);
}
