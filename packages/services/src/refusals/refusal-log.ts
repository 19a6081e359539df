import type { AuditLog, Clock, EventLog, RefusalLog } from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import { REFUSALS } from '@stormpulse/protocol';

/** SEC-067 (D7: what verifies is not counted): refusals told one by one, and wrong signatures a minute before it ends. */
const RATE_PER_SECOND = 20;
const BURST = 100;
const BAD_SIGNATURES = 10;
const WINDOW_MS = 60_000;
/** How long refusals are only counted before their number is told. */
const TELL_AFTER_MS = 10_000;

export interface RefusalLogOptions {
  readonly clock: Clock;
  readonly events: EventLog;
  readonly audit?: AuditLog | undefined;
  readonly logger: Logger;
}

/** Tells of refusals in events, log and audit at a bounded rate: beyond it, as a number. */
export function createRefusalLog({ clock, events, audit, logger }: RefusalLogOptions): RefusalLog {
  const counts = new Map<string, number>();
  let tokens = BURST;
  let refilledAt = 0;
  let forgeries: number[] = [];
  let untold = 0;
  let cancel = (): void => undefined;

  const tell = (kind: string, fields: Readonly<Record<string, string | number>>): void => {
    events.record({ source: 'auth', kind, status: 'refused', ...fields });
    logger.warn(fields, String(fields['error']));
  };
  const flush = (): void => {
    cancel();
    const { event, text } = REFUSALS.rate_limited;
    if (untold > 0) tell(event, { failure_reason: 'rate_limited', suppressed: untold, error: text });
    untold = 0;
  };
  const isFlood = (now: number): boolean => {
    forgeries = [...forgeries, now].filter((at) => now - at < WINDOW_MS).slice(-(BAD_SIGNATURES + 1));
    return forgeries.length > BAD_SIGNATURES;
  };

  return {
    get counts() {
      return Object.fromEntries(counts);
    },
    add(refusal) {
      const { reason, commandRef } = refusal;
      audit?.refused?.(refusal);
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
      const { event, text } = REFUSALS[reason];
      const now = clock.monotonic();
      tokens = Math.min(BURST, tokens + ((now - refilledAt) / 1_000) * RATE_PER_SECOND);
      refilledAt = now;
      if (tokens >= 1) {
        tokens -= 1;
        tell(event, { failure_reason: reason, command_ref: commandRef, error: text });
      } else if ((untold += 1) === 1) cancel = clock.after(TELL_AFTER_MS, flush);
      return reason === 'bad_signature' && isFlood(now);
    },
    newConnection() {
      forgeries = [];
    },
    flush,
  };
}
