import type { AuditEntry, Clock } from '@stormpulse/kernel';
import type { RefusalReason } from '@stormpulse/protocol';

/** Found after the signature: whoever causes these holds a key, so each is worth a line. */
const AFTER_SIGNATURE: ReadonlySet<RefusalReason> = new Set([
  'wrong_request_id',
  'ambiguous_params',
  'operator_signature_missing',
  'bad_operator_signature',
  'operator_confirmation_missing',
  'replayed_nonce',
  'before_floor',
  'clock_rollback',
  'nonce_store_full',
  'nonce_store_fault',
]);
/** How many of those have their own line: so many at once, then one in so long. */
const BURST = 100;
const REFILL_MS = 10_000;
/** How long the rest is only counted: longer while it goes on, so that nobody can rotate the evidence away. */
const MIN_WAIT_MS = 1_000;
const MAX_WAIT_MS = 60_000;

/** Turns refusals into a bounded number of entries (SEC-243): never more than one a second for what is not signed. */
export function createRefusalCounter(options: {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly note: (entry: AuditEntry) => void;
}): { add(refusal: { readonly reason: RefusalReason; readonly commandRef: string }): void; flush(): void } {
  const { clock, note } = options;
  let tokens = BURST;
  let refilledAt = clock.monotonic();
  let counts = new Map<RefusalReason, number>();
  let toldAt = Number.NEGATIVE_INFINITY;
  let waitMs = MIN_WAIT_MS;
  let cancel: (() => void) | undefined;

  const takeToken = (): boolean => {
    const now = clock.monotonic();
    tokens = Math.min(BURST, tokens + (now - refilledAt) / REFILL_MS);
    refilledAt = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };

  const flush = (): void => {
    cancel?.();
    cancel = undefined;
    if (counts.size === 0) return;
    note({ kind: 'message.refused', counts: Object.fromEntries(counts) });
    counts = new Map();
    toldAt = clock.monotonic();
  };

  return {
    add({ reason, commandRef }) {
      if (AFTER_SIGNATURE.has(reason) && takeToken()) {
        note({ kind: 'command.refused', reason, request_id: commandRef });
        return;
      }
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
      if (cancel !== undefined) return;
      const since = clock.monotonic() - toldAt;
      waitMs = since >= MAX_WAIT_MS ? MIN_WAIT_MS : waitMs;
      if (since >= waitMs) flush();
      else {
        cancel = clock.after(waitMs - since, flush);
        waitMs = Math.min(2 * waitMs, MAX_WAIT_MS);
      }
    },
    flush,
  };
}
