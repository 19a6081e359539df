import { Check } from '@sinclair/typebox/value';
import { decodeParams } from '@stormpulse/plugin-api';
import type { Logger, ParamValue } from '@stormpulse/plugin-api';
import { PAYLOAD_SCHEMAS } from '@stormpulse/protocol';
import type { Payloads } from '@stormpulse/protocol';
import type { ClaimStep, EventLog, Ports } from '../ports.ts';
import type { CommandTable, RegisteredCommand } from '../plugins/registry.ts';
import type { VerifiedCommand } from '../security/verify.ts';
import { failed } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { pluginFailure, runCommand } from './run-command.ts';
import { WorkQueue } from './work-queue.ts';
import type { Key } from './work-queue.ts';

type WireParams = Readonly<Record<string, string>>;
type ResultPayload = Payloads['command.result'];

export interface DispatcherOptions {
  readonly table: CommandTable;
  readonly ports: Ports;
  /** Without a result: what the claim let begin is answered elsewhere, or not at all. */
  readonly sendResult: (result: ResultPayload | undefined, claim: ClaimStep) => void;
  /** Sends one metrics push now. */
  readonly push: () => void;
}

/** The key of everything that may change the host: v1 ran commands one by one, and hosts rely on it (D7). */
const WRITE_KEY: Key = { name: 'write', places: 1 };
/** What waits when the agent stops: begun now, it would be cut off in the middle. */
const NOT_STARTED = failed('cancelled', 'not started, because the agent is stopping; send the command again when it is back');

const UNREADABLE = failed('os_error', 'the command ended in a way that the agent cannot tell');

/** Takes verified commands, never waits for one, and answers each with exactly one result. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #queue = new WorkQueue();
  readonly #stop = new AbortController();
  readonly #logger: Logger;
  #draining = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#logger = options.ports.logger('dispatch');
  }

  /** Returns at once; the result follows through `sendResult`. */
  accept(message: VerifiedCommand): void {
    if (message.kind === 'sequence') this.#acceptSequence(message);
    else this.#acceptRequest(message);
  }

  /** Refuses what is new and what waits, gives what runs up to `graceMs`, then aborts it and waits for its end. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    const { clock, jobs } = this.#options.ports;
    const idle = Promise.all([this.#queue.whenIdle(), jobs.drain()]);
    const cancel = clock.after(graceMs, () => {
      this.#stop.abort(new Error('the agent is stopping'));
    });
    await idle;
    cancel();
  }

  #acceptRequest(message: Extract<VerifiedCommand, { kind: 'request' }>): void {
    const answer = (group: string, outcome: Outcome | undefined): void =>
      this.#answer(message.requestId, message.command, group, outcome, null, { nonce: message.nonce, ended: true });
    const command = this.#options.table.get(message.command);
    if (command === undefined) {
      answer('unknown', this.#unlisted(message.command, message.requestId));
      return;
    }
    const step = this.#prepare(command, message.params, message.requestId, null);
    if (step.outcome !== undefined) answer(command.group, step.outcome);
    else if (command.definition.mode.kind === 'job') void step.run().then((outcome) => answer(command.group, outcome));
    else if (!this.#offer(step.keys, async () => answer(command.group, this.#draining ? NOT_STARTED : await step.run())))
      answer(command.group, this.#overloaded());
  }

  /** Wire page, 8.10: nothing runs unless every entry is listed; steps run with their defaults, one result each. */
  #acceptSequence(message: Extract<VerifiedCommand, { kind: 'sequence' }>): void {
    const { ports, table } = this.#options;
    const { nonce, sequenceId } = message;
    const answer = (name: string, group: string, outcome: Outcome | undefined, id = ports.newId(), ended = true): void =>
      this.#answer(id, name, group, outcome, sequenceId, { nonce, ended });
    const unlisted = message.commands.find((name) => table.get(name) === undefined);
    if (unlisted !== undefined) {
      answer(unlisted, 'unknown', this.#unlisted(unlisted, message.requestId));
      return;
    }
    const commands = message.commands.map((name) => table.get(name) as RegisteredCommand);
    const steps = commands.map((command) => this.#prepare(command, {}, ports.newId(), message.sequenceId));
    const first = steps[0]?.command;
    const keys = new Map(steps.flatMap((step) => step.keys.map((key) => [key.name, key] as const)));
    const taken = this.#offer([...keys.values()], async () => {
      if (this.#draining && first !== undefined) {
        answer(first.wireName, first.group, NOT_STARTED);
        return;
      }
      for (const step of steps) {
        const outcome = step.outcome ?? (await step.run());
        const ended = step === steps.at(-1) || (outcome?.success !== true && message.stopOnFailure);
        answer(step.command.wireName, step.command.group, outcome, step.requestId, ended);
        if (ended) return;
      }
    });
    if (!taken && first !== undefined) answer(first.wireName, first.group, this.#overloaded());
  }

  /** One call with the keys it holds, or with the outcome that it has without running. */
  #prepare(command: RegisteredCommand, wireParams: WireParams, requestId: string, sequenceId: string | null) {
    const decoded = decodeParams(command.definition.params, wireParams);
    const call = { command, params: decoded.ok ? decoded.values : {}, requestId };
    let keys: readonly Key[] = [];
    let outcome: Outcome | undefined;
    try {
      const refused = decoded.ok
        ? this.#options.ports.policy?.refusalFor(command)
        : decoded.refusals.map((refusal) => refusal.message).join('\n');
      if (refused !== undefined) outcome = failed('validation_failed', refused);
      else if (decoded.ok) keys = keysOf(command, decoded.values);
    } catch (error) {
      outcome = pluginFailure(error, call);
    }
    const { ports } = this.#options;
    const stop = this.#stop.signal;
    if (command.definition.mode.kind !== 'job')
      return { command, requestId, outcome, keys, run: async () => await runCommand(call, ports, stop) };
    // Its keys and its place are the job service's: a sequence that waits for it holds neither.
    const run = () =>
      ports.jobs.run({ ...call, wireParams, sequenceId, keys }, stop, (members, signal) =>
        runCommand(call, ports, signal, members),
      );
    return { command, requestId, outcome, keys: [], run };
  }

  #offer(keys: readonly Key[], run: () => Promise<void>): boolean {
    return !this.#draining && this.#queue.offer(keys, run);
  }

  #unlisted(name: string, requestId: string): Outcome {
    const shown = name.slice(0, 100).toWellFormed();
    const events: EventLog = this.#options.ports.events;
    events.record({
      source: 'commands',
      kind: 'whitelist_rejection',
      status: 'refused',
      command: shown,
      command_ref: requestId.slice(0, 100).toWellFormed(),
      error: 'unknown command',
    });
    const names = this.#options.table.names.join(', ');
    return failed('validation_failed', `unknown command "${shown}"; this host allows: ${names === '' ? 'none' : names}`);
  }

  #overloaded(): Outcome {
    return failed(
      'agent_overloaded',
      this.#draining
        ? 'the agent is stopping; send the command again when it is back'
        : 'too many commands are waiting; send it again later',
    );
  }

  #answer(
    requestId: string,
    command: string,
    group: string,
    outcome: Outcome | undefined,
    sequenceId: string | null,
    claim: ClaimStep,
  ): void {
    if (outcome === undefined) {
      this.#options.sendResult(undefined, claim);
      return;
    }
    const { extras, afterwards, ...standard } = outcome;
    const told: ResultPayload = { ...extras, request_id: requestId, command, group, ...standard, sequence_id: sequenceId };
    // A result the hub cannot read would be no result (wire page, 14.14).
    const result = Check(PAYLOAD_SCHEMAS['command.result'], told) ? told : Object.assign(told, UNREADABLE);
    const { success, exit_code, duration_ms, failure_reason, stdout, stderr } = result;
    this.#options.sendResult({ ...result, stdout: stdout.toWellFormed(), stderr: stderr.toWellFormed() }, claim);
    if (afterwards !== undefined) {
      this.#options.ports.results.flush();
      afterwards();
    }
    const definition = this.#options.table.get(command)?.definition;
    if (success && definition?.mode.kind === 'handler' && definition.mode.pushes === true) this.#options.push();
    const sensitive = definition?.sensitiveOutput === true;
    this.#logger.info({ command, requestId, success, exit_code, duration_ms, failure_reason, sensitive }, 'command finished');
  }
}

/** D7. Throws what `serializeBy` throws. */
function keysOf(command: RegisteredCommand, params: Readonly<Record<string, ParamValue>>): readonly Key[] {
  const { serializeBy, concurrency, effect, mode } = command.definition;
  if (serializeBy !== undefined) return [{ name: `${command.plugin}:${serializeBy(params)}`, places: 1 }];
  if (concurrency !== undefined) return [{ name: `=${command.wireName}`, places: concurrency }];
  return effect === 'read' || mode.kind === 'job' ? [] : [WRITE_KEY];
}
