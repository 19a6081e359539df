import { Check } from '@sinclair/typebox/value';
import { decodeParams } from '@stormpulse/plugin-api';
import type { Logger } from '@stormpulse/plugin-api';
import { askAdmission, askGates, typedParams } from '@stormpulse/plugin-api/internal';
import type { SetGate } from '@stormpulse/plugin-api/internal';
import { PAYLOAD_SCHEMAS } from '@stormpulse/protocol';
import type { Feature, Payloads } from '@stormpulse/protocol';
import type { ClaimStep, Key, Ports } from '../ports.ts';
import type { CommandTable, RegisteredCommand } from '../plugins/registry.ts';
import type { VerifiedCommand } from '../security/verify.ts';
import { asSequence, auditEntry, deniedBy } from './call.ts';
import type { Call } from './call.ts';
import { keysOf } from './keys.ts';
import { AGENT_STOPS, cancelled, failed, interruptedBy } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { OpenCalls } from './open-calls.ts';
import type { OpenCall } from './open-calls.ts';
import { pluginFailure, runCommand } from './run-command.ts';

type ResultPayload = Payloads['command.result'];

export interface DispatcherOptions {
  /** What is offered now. */
  readonly table: () => CommandTable;
  readonly gates: () => readonly SetGate[];
  readonly ports: Ports;
  readonly sendResult: (result: ResultPayload, claim: ClaimStep) => void;
  /** Sends one metrics push now. */
  readonly push: () => void;
  /** Whether both sides named it on this connection. */
  readonly knows: (feature: Feature) => boolean;
}

/** What waits when the agent stops: begun now, it would be cut off in the middle. */
const NOT_STARTED = failed('cancelled', 'not started, because the agent is stopping; send the command again when it is back');

/** The agent's own command: no plugin can take its name, and it is not in v1's manifest (D3). */
const CANCEL = 'agent_cancel';

const UNREADABLE = failed('os_error', 'the command ended in a way that the agent cannot tell');

/** Takes verified commands, never waits for one, and answers each with exactly one result. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #open = new OpenCalls();
  readonly #logger: Logger;
  #draining = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#logger = options.ports.logger('dispatch');
  }

  /**
   * Returns at once; the results follow through `sendResult`. Of a sequence nothing runs unless every entry is listed; steps run
   * with their defaults, one result each (wire page, 8.10).
   */
  accept(message: VerifiedCommand): void {
    const { ports, knows } = this.#options;
    const table = this.#options.table();
    const { nonce, requestId, commands, sequenceId, stopOnFailure, params } = asSequence(message);
    // A job that goes on was claimed and recorded by an earlier run; the job service looks at once whether it was taken.
    const isResumed = nonce === '';
    const refOf = (): string => (sequenceId === null ? requestId : ports.newId());
    const answer = (call: Call, outcome: Outcome | undefined, ended = true): void => {
      if (outcome === undefined) ports.results.release(nonce);
      else this.#answer(call, outcome, { sequenceId, claim: { nonce, ended } });
    };
    const refuse = (command: string, outcome: Outcome): void =>
      answer(this.#refused({ ref: refOf(), command }, outcome), outcome);
    if (commands[0] === CANCEL && sequenceId === null && knows('command.cancel')) {
      const call = { ref: requestId, command: CANCEL };
      return void this.#perform(call, params, async () => this.#cancel(params)).then((outcome) => answer(call, outcome));
    }
    const found = commands.flatMap((name) => table.get(name) ?? table.withheld(name) ?? []);
    const unlisted = commands.find((name) => !found.some(({ wireName }) => wireName === name));
    if (unlisted !== undefined) return refuse(unlisted, this.#unlisted(unlisted, requestId));
    if (commands.some((name) => table.get(name) === undefined))
      return void this.#barred(found, table).then((barred) => barred && refuse(...barred));
    const [stop, over] = [new AbortController(), new AbortController()];
    const steps = found.map((command) => this.#prepare(command, params, { ref: refOf(), sequenceId }, stop.signal));
    const [first] = steps;
    if (first === undefined) return;
    // A request that does not run waits for nobody.
    if (sequenceId === null && first.outcome !== undefined) return refuse(first.command, first.outcome);
    const run = async (): Promise<void> => {
      const early = this.#draining ? NOT_STARTED : stop.signal.aborted ? cancelled(stop.signal) : undefined;
      if (early !== undefined) return answer(this.#refused(first, early), early);
      const barred = sequenceId === null ? undefined : await this.#barred(found, table);
      if (barred !== undefined) return refuse(...barred);
      for (const step of steps) {
        if (step.outcome !== undefined) this.#refused(step, step.outcome);
        const held = (): Promise<Outcome | undefined> => this.#held(step, stop, over.signal);
        const outcome =
          step.outcome ?? (await (isResumed ? this.#resume(step) : this.#perform(step, step.recorded, step.run, held)));
        const ended = step === steps.at(-1) || stop.signal.aborted || (outcome?.success !== true && stopOnFailure);
        answer(step, outcome, ended);
        if (ended) return;
      }
    };
    const keys = new Map(steps.flatMap((step) => step.keys.map((key) => [key.name, key] as const)));
    const ids = [requestId, ...steps.map(({ ref }) => ref)];
    const plugins = steps.map(({ registered }) => registered.plugin);
    const call = { ids, plugins, stop, run: () => run().finally(() => over.abort('the command is over')) };
    // The job service has places of its own; a sequence waits for it in its own place.
    if (sequenceId === null && first.isJob) void this.#open.add(call).run();
    else if (!this.#offer([...keys.values()], call)) refuse(first.command, this.#overloaded());
  }

  /** Refuses what is new and what waits, gives what runs up to `graceMs`, then aborts it and waits for its end. */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    const { clock, jobs, queue } = this.#options.ports;
    const idle = Promise.all([queue.whenIdle(), jobs.drain()]);
    const cancel = clock.after(graceMs, () => this.#open.abortAll(AGENT_STOPS));
    await idle;
    cancel();
  }

  /** Resolves when nothing of a plugin waits or runs. */
  whenIdle(plugin: string): Promise<void> {
    return this.#open.whenIdle(plugin);
  }

  /** One call with the keys it holds, or with the outcome that it has without running. */
  #prepare(
    command: RegisteredCommand,
    wireParams: Readonly<Record<string, string>>,
    { ref, sequenceId }: { readonly ref: string; readonly sequenceId: string | null },
    stop: AbortSignal,
  ) {
    const { ports } = this.#options;
    const { params: schema, mode } = command.definition;
    const decoded = decodeParams(schema, wireParams);
    const call = { command, params: decoded.ok ? decoded.values : {}, requestId: ref };
    let keys: readonly Key[] = [];
    let outcome: Outcome | undefined;
    try {
      const refused = decoded.ok
        ? ports.policy?.refusalFor(command)
        : decoded.refusals.map((refusal) => refusal.message).join('\n');
      if (refused !== undefined) outcome = failed('validation_failed', refused);
      else if (decoded.ok) keys = keysOf(command, typedParams(schema, decoded.values));
    } catch (error) {
      outcome = pluginFailure(error, call);
    }
    const open = Object.entries(call.params).filter(([name]) => schema.properties[name]?.['x-secret'] !== true);
    const isJob = mode.kind === 'job';
    const run = async (): Promise<Outcome | undefined> =>
      isJob
        ? await ports.jobs.run({ ...call, wireParams, sequenceId, keys }, stop, (members, signal) =>
            runCommand(call, ports, signal, members),
          )
        : interruptedBy(stop, await runCommand(call, ports, stop));
    const recorded = Object.fromEntries(open);
    return { ref, command: command.wireName, registered: command, keys: isJob ? [] : keys, outcome, recorded, run, isJob };
  }

  /** SEC-240: nothing begins that the host's own record does not name. */
  async #perform<T extends Outcome | undefined>(
    call: Call,
    params: object,
    run: () => Promise<T>,
    held: () => Promise<Outcome | undefined> = () => Promise.resolve(undefined),
  ): Promise<T | Outcome> {
    try {
      await this.#options.ports.audit?.append(auditEntry('accepted', call, { params }));
    } catch (error) {
      this.#logger.error({ err: error, command: call.command }, 'the audit log cannot be written; the command was not run');
      const why = (error instanceof Error ? error.message : String(error)).slice(0, 300);
      return failed(
        'os_error',
        `not run, because the audit log of this host cannot be written: ${why}; mend it there, then send it again`,
      );
    }
    // Last, so that nothing begins after what a gate stands for is over (SEC-154).
    const refused = await held();
    if (refused !== undefined) return (this.#refused(call, refused), refused);
    const outcome = await run();
    if (outcome === undefined) return outcome;
    const { success, exit_code, failure_reason, duration_ms } = outcome;
    this.#tell('finished', call, { success, exit_code, failure_reason, duration_ms });
    return outcome;
  }

  /** D3: a gate is asked again at each dispatch, and may end what it let begin. */
  async #held({ ref, registered }: Call, stop: AbortController, over: AbortSignal): Promise<Outcome | undefined> {
    const gates = this.#options.gates();
    if (gates.length === 0 || registered === undefined) return undefined;
    const answer = await askGates(gates, { ...registered.gated, requestId: ref }, this.#options.ports.clock);
    if (!answer.allow) return deniedBy(answer);
    for (const until of answer.until) {
      if (until.aborted) stop.abort(until.reason);
      until.addEventListener('abort', () => stop.abort(until.reason), { signal: over });
    }
    return undefined;
  }

  /** What keeps all of it from running, with the command that it is told of. */
  async #barred(commands: readonly RegisteredCommand[], table: CommandTable): Promise<[string, Outcome] | undefined> {
    const isOffered = (name: string): boolean => table.get(name) !== undefined;
    const gated = commands.map((command) => command.gated);
    const denial = await askAdmission(this.#options.gates(), gated, isOffered, this.#options.ports.clock);
    return denial && [denial.command, deniedBy(denial)];
  }

  #resume(step: Call & { readonly run: () => Promise<Outcome | undefined> }): Promise<Outcome | undefined> {
    this.#tell('resumed', step, {});
    return step.run();
  }

  #refused(call: Call, { failure_reason: reason }: Outcome): Call {
    this.#tell('refused', call, { reason });
    return call;
  }

  #tell(kind: string, call: Call, fields: object): void {
    this.#options.ports.audit?.note(auditEntry(kind, call, fields));
  }

  /** Ends what goes by that id: its group of processes if it runs, its waiting if it waits. */
  #cancel(params: Readonly<Record<string, string>>): Outcome {
    const { request_id: id, ...others } = params;
    if (id === undefined || Object.keys(others).length > 0)
      return failed('validation_failed', `${CANCEL} takes one parameter, request_id: the id of the command to cancel`);
    const found = this.#open.calledBy(id);
    if (found.length === 0)
      return failed(
        'not_found',
        `nothing with the request id "${id.slice(0, 100)}" waits or runs here; it may have ended by itself`,
      );
    for (const { stop, run } of found) {
      stop.abort(new Error('cancelled by the hub'));
      if (this.#options.ports.queue.withdraw(run)) void run();
    }
    return { success: true, exit_code: 0, stdout: `cancelled ${id}`, stderr: '', duration_ms: 0, failure_reason: null };
  }

  #offer(keys: readonly Key[], offered: OpenCall): boolean {
    const call = this.#open.add(offered);
    if (!this.#draining && this.#options.ports.queue.offer(keys, call.run)) return true;
    this.#open.remove(call);
    return false;
  }

  #unlisted(name: string, requestId: string): Outcome {
    const shown = name.slice(0, 100).toWellFormed();
    this.#options.ports.events.record({
      source: 'commands',
      kind: 'whitelist_rejection',
      status: 'refused',
      command: shown,
      command_ref: requestId.slice(0, 100).toWellFormed(),
      error: 'unknown command',
    });
    const names = this.#options.table().names.join(', ');
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
    { ref, command, registered }: Call,
    outcome: Outcome,
    { sequenceId, claim }: { sequenceId: string | null; claim: ClaimStep },
  ): void {
    const table = this.#options.table();
    const known = registered ?? table.get(command) ?? table.withheld(command);
    const group = known?.group ?? (command === CANCEL && this.#options.knows('command.cancel') ? 'agent' : 'unknown');
    const { extras, afterwards, ...standard } = outcome;
    const told: ResultPayload = { ...extras, request_id: ref, command, group, ...standard, sequence_id: sequenceId };
    // A result the hub cannot read would be no result (wire page, 14.14).
    const result = Check(PAYLOAD_SCHEMAS['command.result'], told) ? told : Object.assign(told, UNREADABLE);
    const { success, exit_code, duration_ms, failure_reason, stdout, stderr } = result;
    this.#options.sendResult({ ...result, stdout: stdout.toWellFormed(), stderr: stderr.toWellFormed() }, claim);
    if (afterwards !== undefined) {
      this.#options.ports.results.flush();
      afterwards();
    }
    const mode = known?.definition.mode;
    if (success && mode?.kind === 'handler' && mode.pushes === true) this.#options.push();
    const sensitive = known?.definition.sensitiveOutput === true;
    const line = { command, requestId: ref, success, exit_code, duration_ms, failure_reason, sensitive };
    // In a later turn than the result: the hub waits for that one.
    this.#options.ports.clock.after(0, () => this.#logger.info(line, 'command finished'));
  }
}
