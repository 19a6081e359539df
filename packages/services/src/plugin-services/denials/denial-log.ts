import type { AuditLog, Clock, DenialLog, EventLog } from '@stormpulse/kernel';
import type { AgentError } from '@stormpulse/plugin-api';

/** Of one plugin: so many denials have a line of their own at once, then one in so long. */
const BURST = 20;
const REFILL_MS = 60_000;
/** How long the rest is only counted before its number is told. */
const TELL_AFTER_MS = 60_000;
const MAX_CHARS = 500;

export interface DenialLogOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly events: Pick<EventLog, 'record'>;
  readonly audit?: Pick<AuditLog, 'note'> | undefined;
}

/** One plugin's share: another's flood takes nothing of it. */
interface Share {
  tokens: number;
  refilledAt: number;
  untold: number;
  cancel: () => void;
}

/** Tells hub and audit log of what plugins tried beyond their grants; beyond its rate, as a number (SEC-204). */
export function createDenialLog({ clock, events, audit }: DenialLogOptions): DenialLog {
  const shares = new Map<string, Share>();
  /** One error may pass several places on its way. */
  const seen = new WeakSet<AgentError>();

  const shareOf = (plugin: string): Share => {
    const known = shares.get(plugin);
    if (known !== undefined) return known;
    const share = { tokens: BURST, refilledAt: clock.monotonic(), untold: 0, cancel: () => undefined };
    shares.set(plugin, share);
    return share;
  };
  const takeToken = (share: Share): boolean => {
    const now = clock.monotonic();
    share.tokens = Math.min(BURST, share.tokens + (now - share.refilledAt) / REFILL_MS);
    share.refilledAt = now;
    if (share.tokens < 1) return false;
    share.tokens -= 1;
    return true;
  };
  const tell = (plugin: string, fields: Readonly<Record<string, string | number>>): void => {
    events.record({ source: 'plugins', kind: 'capability_denied', status: 'refused', plugin, ...fields });
    audit?.note({ kind: 'plugin.denied', plugin, ...fields });
  };
  const flushOne = (plugin: string, share: Share): void => {
    share.cancel();
    if (share.untold > 0) tell(plugin, { suppressed: share.untold });
    share.untold = 0;
  };

  return {
    add(plugin, error) {
      if (!error.code.startsWith('E_GRANT_') || seen.has(error)) return;
      seen.add(error);
      const share = shareOf(plugin);
      if (takeToken(share)) tell(plugin, { failure_reason: error.code, error: oneLine(error.message) });
      else if ((share.untold += 1) === 1) share.cancel = clock.after(TELL_AFTER_MS, () => flushOne(plugin, share));
    },
    flush() {
      for (const [plugin, share] of shares) flushOne(plugin, share);
    },
  };
}

/** What the plugin asked for stands in it, as the plugin wrote it. */
function oneLine(text: string): string {
  return text
    .slice(0, MAX_CHARS)
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .toWellFormed();
}
