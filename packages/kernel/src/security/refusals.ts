import type { Logger } from '@stormpulse/plugin-api';
import { REFUSALS } from '@stormpulse/protocol';
import type { AuditLog } from '../policy-ports.ts';
import type { Clock, EventLog } from '../ports.ts';
import type { Refusal } from './verify.ts';

/** SEC-067 (D7: what verifies is not counted): refusals told one by one, and wrong signatures a minute before it ends. */
const RATE_PER_SECOND = 20;
const BURST = 100;
const BAD_SIGNATURES = 10;
const WINDOW_MS = 60_000;
/** How long refusals are only counted before their number is told. */
const TELL_AFTER_MS = 10_000;

/** Counts what was refused and tells of it, in events and log, at a bounded rate: beyond it, as a number. */
export class Refusals {
  readonly #options: RefusalsOptions;
  readonly #counts = new Map<string, number>();
  #tokens = BURST;
  #refilled = 0;
  #bad: number[] = [];
  #untold = 0;
  #cancel = (): void => undefined;

  constructor(options: RefusalsOptions) {
    this.#options = options;
  }

  /** By reason, since start. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  add(refusal: Refusal): void {
    const { reason, commandRef } = refusal;
    this.#options.audit?.refused?.(refusal);
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    const { event, text } = REFUSALS[reason];
    const now = this.#options.clock.monotonic();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#refilled) / 1_000) * RATE_PER_SECOND);
    this.#refilled = now;
    if (this.#tokens >= 1) {
      this.#tokens -= 1;
      this.#tell(event, { failure_reason: reason, command_ref: commandRef, error: text });
    } else if ((this.#untold += 1) === 1) this.#cancel = this.#options.clock.after(TELL_AFTER_MS, () => this.flush());
    if (reason === 'bad_signature') this.#forged(now);
  }

  /** A new connection starts with a clean count. */
  newConnection(): void {
    this.#bad = [];
  }

  /** Tells what was only counted. */
  flush(): void {
    this.#cancel();
    const { event, text } = REFUSALS.rate_limited;
    if (this.#untold > 0) this.#tell(event, { failure_reason: 'rate_limited', suppressed: this.#untold, error: text });
    this.#untold = 0;
  }

  #forged(now: number): void {
    this.#bad = [...this.#bad, now].filter((at) => now - at < WINDOW_MS).slice(-(BAD_SIGNATURES + 1));
    if (this.#bad.length > BAD_SIGNATURES) this.#options.onFlood();
  }

  #tell(kind: string, fields: Readonly<Record<string, string | number>>): void {
    this.#options.events.record({ source: 'auth', kind, status: 'refused', ...fields });
    this.#options.logger.warn(fields, String(fields['error']));
  }
}

export interface RefusalsOptions {
  readonly clock: Clock;
  readonly events: EventLog;
  readonly audit: AuditLog | undefined;
  readonly logger: Logger;
  /** This peer has forged too often. */
  readonly onFlood: () => void;
}
