import { Check } from '@sinclair/typebox/value';
import { isAgentError, periodMs } from '@stormpulse/plugin-api';
import type { ExecOptions, ParamValue } from '@stormpulse/plugin-api';
import { withDeadline } from '../lifecycle/deadline.ts';
import type { Clock, Ports, ProcessOutcome } from '../ports.ts';
import { closed } from '../plugins/parse-config.ts';
import type { RegisteredCommand } from '../plugins/registry.ts';
import { fillArgv } from './fill.ts';
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
const STOPPING = 'cancelled because the agent is stopping';

/** Runs one call to its end. Never rejects: every way to end is an outcome (wire page, 14.14). */
export async function runCommand(call: ReadyCall, ports: Ports, stop: AbortSignal): Promise<Outcome> {
  const { mode } = call.command.definition;
  const begun = ports.clock.monotonic();
  if (stop.aborted) return failed('cancelled', STOPPING);
  try {
    return mode.kind === 'subprocess' ? await runProcess(call, mode, ports, stop) : await runHandler(call, mode, ports, stop);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return failed('os_error', shown(message, call), ports.clock.monotonic() - begun);
  }
}

type Mode<K extends string> = Extract<RegisteredCommand['definition']['mode'], { readonly kind: K }>;

async function runProcess(call: ReadyCall, mode: Mode<'subprocess'>, ports: Ports, stop: AbortSignal): Promise<Outcome> {
  const stdin = mode.stdin === undefined ? undefined : call.params[mode.stdin];
  const outcome = await ports.runner.run({
    file: mode.file,
    args: fillArgv(mode.argv, call.params),
    timeoutMs: periodMs(call.command.definition.timeout),
    signal: stop,
    ...(mode.cwd === undefined ? {} : { cwd: mode.cwd }),
    ...(stdin === undefined ? {} : { stdin: String(stdin) }),
  });
  return processOutcome(outcome, call);
}

function processOutcome(outcome: ProcessOutcome, call: ReadyCall): Outcome {
  const { exitCode, stdout, kind } = outcome;
  const stderr = kind === 'exited' ? outcome.stderr : redact(outcome.stderr, call);
  const success = kind === 'exited' && exitCode === 0;
  const reason = kind === 'exited' ? 'exit_code' : kind;
  return {
    success,
    exit_code: exitCode,
    stdout,
    stderr,
    duration_ms: Math.trunc(outcome.durationMs),
    failure_reason: success ? null : reason,
  };
}

async function runHandler(call: ReadyCall, mode: Mode<'handler'>, ports: Ports, stop: AbortSignal): Promise<Outcome> {
  const begun = ports.clock.monotonic();
  const timeoutMs = periodMs(call.command.definition.timeout);
  const own = new AbortController();
  const { signal } = own;
  let settle: (outcome: Outcome) => void = () => undefined;
  const ended = new Promise<Outcome>((resolve) => {
    settle = resolve;
  });
  const give = (reason: 'timeout' | 'cancelled', text: string): void => {
    own.abort(new Error(text));
    settle(failed(reason, text, ports.clock.monotonic() - begun));
  };
  const onStop = (): void => give('cancelled', STOPPING);
  const cancelTimer = ports.clock.after(timeoutMs, () =>
    give('timeout', `the command took longer than its ${timeoutMs / 1_000} s`),
  );
  stop.addEventListener('abort', onStop, { once: true });
  try {
    const exec = (file: string, args: readonly string[], options: ExecOptions = {}) =>
      ports.runner.exec(file, args, { ...options, signal });
    const work = mode.run({
      params: call.params,
      requestId: call.requestId,
      signal,
      log: ports.logger(call.command.plugin),
      exec,
    });
    const run = work.then(
      (value) => handlerOutcome(value, mode, ports.clock, begun),
      (error: unknown) => pluginFailure(error, call, ports.clock.monotonic() - begun),
    );
    const outcome = await Promise.race([run, ended]);
    // D7: what it began is still ending (SEC-121), and the next command of its key must not begin beside it.
    if (signal.aborted) await withDeadline(ports.clock, run, ENDING_MS, call.command.wireName).catch(() => undefined);
    return outcome;
  } finally {
    cancelTimer();
    stop.removeEventListener('abort', onStop);
  }
}

function handlerOutcome(value: unknown, mode: Mode<'handler'>, clock: Clock, begun: number): Outcome {
  const duration = clock.monotonic() - begun;
  if (!Check(closed(mode.result), value))
    return failed('os_error', 'the plugin returned something its result schema does not allow', duration);
  const stdout = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  if (stdout.length > MAX_RESULT_CHARS)
    return failed('os_error', `the plugin returned more than ${MAX_RESULT_CHARS} characters`, duration);
  return { success: true, exit_code: 0, stdout, stderr: '', duration_ms: Math.trunc(duration), failure_reason: null };
}

/** What is told of a plugin's code that threw. */
export function pluginFailure(error: unknown, call: Omit<ReadyCall, 'requestId'>, durationMs = 0): Outcome {
  const message = isAgentError(error)
    ? `${error.code}: ${error.message}`
    : `the plugin failed: ${error instanceof Error ? error.message : String(error)}`;
  return failed('os_error', shown(message, call), durationMs);
}

/** SEC-074, SEC-116: redacted before it is cut, so that no part of a secret is left at the cut. */
function shown(text: string, call: Omit<ReadyCall, 'requestId'>): string {
  return redact(text, call).slice(0, 500);
}

/** SEC-116: a secret value never leaves in an error text. */
function redact(text: string, call: Omit<ReadyCall, 'requestId'>): string {
  let clean = text;
  for (const [name, schema] of Object.entries(call.command.definition.params.properties)) {
    const value = call.params[name];
    if (schema['x-secret'] === true && value !== undefined && String(value) !== '')
      clean = clean.replaceAll(String(value), '[secret]');
  }
  return clean;
}
