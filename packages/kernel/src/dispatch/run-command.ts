import { Check } from '@sinclair/typebox/value';
import { isAgentError, periodMs } from '@stormpulse/plugin-api';
import type { ExecOptions, ParamValue } from '@stormpulse/plugin-api';
import { closed, fillArgv } from '@stormpulse/plugin-api/internal';
import { withDeadline } from '../lifecycle/deadline.ts';
import type { Ports, ProcessOutcome } from '../ports.ts';
import type { RegisteredCommand } from '../plugins/registry.ts';
import { failed } from './outcome.ts';
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
const MIN_SECRET_CHARS = 4;
const STOPPING = 'cancelled because the agent is stopping';

/** Runs one call to its end. Never rejects: every way to end is an outcome (wire page, 14.14). */
export async function runCommand(call: ReadyCall, ports: Ports, stop: AbortSignal): Promise<Outcome> {
  const { clock } = ports;
  const { mode, timeout } = call.command.definition;
  if (stop.aborted) return failed('cancelled', STOPPING);
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
  const onStop = (): void => end('cancelled', STOPPING);
  // The runner ends a process in time by itself; one that does not must keep neither the answer nor the key.
  const limitMs = mode.kind === 'handler' ? timeoutMs : timeoutMs + ENDING_MS;
  const cancelTimer = clock.after(limitMs, () => end('timeout', `the command took longer than its ${timeoutMs / 1_000} s`));
  stop.addEventListener('abort', onStop, { once: true });
  const work = mode.kind === 'handler' ? runHandler(call, mode, ports, own.signal) : runProcess(call, mode, ports, own.signal);
  const run = work.catch((error: unknown) => pluginFailure(error, call, clock.monotonic() - begun));
  try {
    const outcome = await Promise.race([run, givenUp]);
    if (outcome !== undefined) return outcome;
    // D7: what it began is still ending (SEC-121), and the next command of its key must not begin beside it.
    const late = await withDeadline(clock, run, ENDING_MS, call.command.wireName).catch(() => undefined);
    return (mode.kind === 'subprocess' ? late : undefined) ?? given ?? failed('cancelled', STOPPING);
  } finally {
    cancelTimer();
    stop.removeEventListener('abort', onStop);
  }
}

type Mode<K extends string> = Extract<RegisteredCommand['definition']['mode'], { readonly kind: K }>;

async function runProcess(call: ReadyCall, mode: Mode<'subprocess'>, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  const { timeout, allow = [], sensitiveOutput } = call.command.definition;
  // Looked at when the table was built, too; it may have come, or been opened to others, since (SEC-100).
  const unfit = ports.programs.problemWith(mode.file);
  if (unfit !== undefined && !allow.includes(unfit.reason)) return failed('os_error', `${unfit.problem}; ${unfit.fix}`);
  const stdin = mode.stdin === undefined ? undefined : call.params[mode.stdin];
  const outcome = await ports.runner.run({
    file: mode.file,
    args: fillArgv(mode.argv, call.params),
    timeoutMs: periodMs(timeout),
    signal,
    ...(mode.cwd === undefined ? {} : { cwd: mode.cwd }),
    ...(mode.limits === undefined ? {} : { limits: mode.limits }),
    ...(stdin === undefined ? {} : { stdin: String(stdin) }),
    ...(sensitiveOutput === true ? {} : { live: { requestId: call.requestId, secrets: secretsOf(call) } }),
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
    stdout: redact(outcome.stdout, call),
    stderr: redact(outcome.stderr, call),
    duration_ms: Math.trunc(outcome.durationMs),
    failure_reason: success ? null : reason,
  };
}

async function runHandler(call: ReadyCall, mode: Mode<'handler'>, ports: Ports, signal: AbortSignal): Promise<Outcome> {
  const begun = ports.clock.monotonic();
  const exec = (file: string, args: readonly string[], options: ExecOptions = {}) =>
    ports.runner.exec(file, args, { ...options, signal });
  const log = ports.logger(call.command.plugin);
  const value = await mode.run({ params: call.params, requestId: call.requestId, signal, log, exec });
  return handlerOutcome(value, mode, call, ports.clock.monotonic() - begun);
}

function handlerOutcome(value: unknown, mode: Mode<'handler'>, call: ReadyCall, duration: number): Outcome {
  if (!Check(closed(mode.result), value))
    return failed('os_error', 'the plugin returned something its result schema does not allow', duration);
  const stdout = redact(typeof value === 'string' ? value : JSON.stringify(value, null, 2), call);
  if (stdout.length > MAX_RESULT_CHARS)
    return failed('os_error', `the plugin returned more than ${MAX_RESULT_CHARS} characters`, duration);
  return { success: true, exit_code: 0, stdout, stderr: '', duration_ms: Math.trunc(duration), failure_reason: null };
}

/** What is told of a plugin's code that threw. */
export function pluginFailure(error: unknown, call: Omit<ReadyCall, 'requestId'>, durationMs = 0): Outcome {
  const message = isAgentError(error)
    ? `${error.code}: ${error.message}`
    : `${call.command.definition.mode.kind === 'handler' ? 'the plugin' : 'running it'} failed: ${error instanceof Error ? error.message : String(error)}`;
  return failed('os_error', shown(message, call), durationMs);
}

/** SEC-074, SEC-116: redacted before it is cut, so that no part of a secret is left at the cut. */
function shown(text: string, call: Omit<ReadyCall, 'requestId'>): string {
  return redact(text, call).slice(0, 500);
}

/** SEC-116: a secret value never comes back, in output neither. */
function redact(text: string, call: Omit<ReadyCall, 'requestId'>): string {
  return secretsOf(call).reduce((clean, secret) => clean.replaceAll(secret, '[secret]'), text);
}

/** What must not come back. The shortest would only maim the text, and say what they are. */
function secretsOf(call: Omit<ReadyCall, 'requestId'>): string[] {
  return Object.entries(call.command.definition.params.properties).flatMap(([name, schema]) => {
    const value = String(call.params[name] ?? '');
    if (schema['x-secret'] !== true || value.length < MIN_SECRET_CHARS) return [];
    // Output has v1's line ends.
    return [value, value.replaceAll(/\r\n?/gu, '\n')];
  });
}
