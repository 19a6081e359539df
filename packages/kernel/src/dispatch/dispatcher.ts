import { decodeParams } from '@stormpulse/plugin-api';
import type { Logger, ParamValue } from '@stormpulse/plugin-api';
import type { Payloads } from '@stormpulse/protocol';
import type { EventLog, Ports } from '../ports.ts';
import type { CommandTable, RegisteredCommand } from '../plugins/registry.ts';
import type { VerifiedCommand } from '../security/verify.ts';
import { failed } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { pluginFailure, runCommand } from './run-command.ts';
import { WorkQueue } from './work-queue.ts';

type ResultPayload = Payloads['command.result'];

export interface DispatcherOptions {
  readonly table: CommandTable;
  readonly ports: Ports;
  readonly sendResult: (result: ResultPayload) => void;
}

/** The key of everything that may change the host: v1 ran commands one by one, and hosts rely on it (D7). */
const WRITE_KEY = 'write';
/** What waits when the agent stops: begun now, it would be cut off in the middle. */
const NOT_STARTED = failed('cancelled', 'not started, because the agent is stopping; send the command again when it is back');

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
    const idle = this.#queue.whenIdle();
    const { clock } = this.#options.ports;
    const cancel = clock.after(graceMs, () => {
      this.#stop.abort(new Error('the agent is stopping'));
    });
    await idle;
    cancel();
  }

  #acceptRequest(message: Extract<VerifiedCommand, { kind: 'request' }>): void {
    const answer = (group: string, outcome: Outcome): void =>
      this.#answer(message.requestId, message.command, group, outcome, null);
    const command = this.#options.table.get(message.command);
    if (command === undefined) {
      answer('unknown', this.#unlisted(message.command, message.requestId));
      return;
    }
    const decoded = decodeParams(command.definition.params, message.params);
    if (!decoded.ok) {
      answer(command.group, failed('validation_failed', decoded.refusals.map((refusal) => refusal.message).join('\n')));
      return;
    }
    const call = { command, params: decoded.values, requestId: message.requestId };
    let key: string | undefined;
    try {
      key = this.#keyOf(command, decoded.values);
    } catch (error) {
      answer(command.group, pluginFailure(error, call));
      return;
    }
    const taken = this.#offer(key, async () => answer(command.group, this.#draining ? NOT_STARTED : await this.#run(call)));
    if (!taken) answer(command.group, this.#overloaded());
  }

  /** Wire page, 8.10: nothing runs unless every entry is listed; steps run with their defaults, one result each. */
  #acceptSequence(message: Extract<VerifiedCommand, { kind: 'sequence' }>): void {
    const { ports, table } = this.#options;
    const answer = (name: string, group: string, outcome: Outcome, id = ports.newId()): void =>
      this.#answer(id, name, group, outcome, message.sequenceId);
    const unlisted = message.commands.find((name) => table.get(name) === undefined);
    if (unlisted !== undefined) {
      answer(unlisted, 'unknown', this.#unlisted(unlisted, message.requestId));
      return;
    }
    const steps = message.commands.map((name) => table.get(name) as RegisteredCommand);
    const first = steps[0];
    const taken = this.#offer(WRITE_KEY, async () => {
      if (this.#draining && first !== undefined) {
        answer(first.wireName, first.group, NOT_STARTED);
        return;
      }
      for (const command of steps) {
        const requestId = ports.newId();
        const decoded = decodeParams(command.definition.params, {});
        const outcome = decoded.ok
          ? await this.#run({ command, params: decoded.values, requestId })
          : failed('validation_failed', decoded.refusals.map((refusal) => refusal.message).join('\n'));
        answer(command.wireName, command.group, outcome, requestId);
        if (!outcome.success && message.stopOnFailure) return;
      }
    });
    if (!taken && first !== undefined) answer(first.wireName, first.group, this.#overloaded());
  }

  #offer(key: string | undefined, run: () => Promise<void>): boolean {
    return !this.#draining && this.#queue.offer(key, run);
  }

  #keyOf(command: RegisteredCommand, params: Readonly<Record<string, ParamValue>>): string | undefined {
    const { serializeBy, effect } = command.definition;
    if (serializeBy !== undefined) return `${command.plugin}:${serializeBy(params)}`;
    return effect === 'read' ? undefined : WRITE_KEY;
  }

  #run(call: Parameters<typeof runCommand>[0]): Promise<Outcome> {
    return runCommand(call, this.#options.ports, this.#stop.signal);
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

  #answer(requestId: string, command: string, group: string, outcome: Outcome, sequenceId: string | null): void {
    const { success, exit_code, duration_ms, failure_reason } = outcome;
    this.#options.sendResult({ request_id: requestId, command, group, ...outcome, sequence_id: sequenceId });
    this.#logger.info({ command, requestId, success, exit_code, duration_ms, failure_reason }, 'command finished');
  }
}
