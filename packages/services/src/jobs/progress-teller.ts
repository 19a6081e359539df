import type { AcceptedJob, Clock } from '@stormpulse/kernel';
import type { Progress } from '@stormpulse/plugin-api';
import { hideSecrets } from '@stormpulse/plugin-api/internal';
import type { Payloads } from '@stormpulse/protocol';

type Payload = Payloads['command.progress'];

/** Between two frames of one job: a loop may report each item, and a person reads no faster. */
const PACE_MS = 250;
const MAX_MESSAGE_CHARS = 500;

/** Tells the hub how far one job is: the first at once, then the latest of each moment, nothing after the end. */
export class ProgressTeller {
  readonly #clock: Clock;
  readonly #job: AcceptedJob;
  readonly #send: (payload: Payload) => void;
  #stage = '';
  #waiting: Payload | undefined;
  #cancel: (() => void) | undefined;
  #ended = false;

  constructor(clock: Clock, job: AcceptedJob, send: (payload: Payload) => void) {
    this.#clock = clock;
    this.#job = job;
    this.#send = send;
  }

  tell(update: Omit<Progress, 'stage'> & { readonly stage?: string }): void {
    if (this.#ended) return;
    this.#waiting = progressPayload(this.#job, update);
    if (this.#cancel === undefined || this.#waiting.stage !== this.#stage) this.#flush();
  }

  end(): void {
    this.#ended = true;
    this.#flush();
    this.#cancel?.();
  }

  #flush(): void {
    const payload = this.#waiting;
    this.#waiting = undefined;
    this.#cancel?.();
    this.#cancel = undefined;
    if (payload === undefined) return;
    this.#stage = payload.stage;
    this.#send(payload);
    this.#cancel = this.#clock.after(PACE_MS, () => this.#flush());
  }
}

/** Every key is there, null when unused (wire page, 2.7). */
function progressPayload(
  { command, params, requestId }: AcceptedJob,
  { stage = 'running', done, total, message = '', transfer, bytesFreed }: Parameters<ProgressTeller['tell']>[0],
): Payload {
  return {
    request_id: requestId,
    command: command.wireName,
    group: command.group,
    stage,
    current: whole(done) ?? 0,
    total: whole(total),
    message: hideSecrets(message, command.definition, params).slice(0, MAX_MESSAGE_CHARS).toWellFormed(),
    rate_bytes_per_sec: whole(transfer?.bytesPerSecond),
    eta_seconds: whole(transfer?.etaSeconds),
    objects_current: whole(transfer?.objects),
    objects_total: whole(transfer?.totalObjects),
    bytes_freed: whole(bytesFreed),
  };
}

function whole(value: number | undefined): number | null {
  return value !== undefined && Number.isSafeInteger(Math.trunc(value)) ? Math.trunc(value) : null;
}
