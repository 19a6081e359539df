import type { Clock, Link, LinkEvents, Transport } from '@stormpulse/kernel';
import { isAgentError } from '@stormpulse/plugin-api';
import type { Logger } from '@stormpulse/plugin-api';

export interface FallbackOptions {
  /** In the host's order; each dials its own address with the same identity checks. */
  readonly hubs: readonly { readonly url: string; readonly transport: Transport }[];
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly logger: Logger;
  /** A link to this address is open. */
  readonly onUse: (url: string) => void;
}

/** SEC-006: a hub that refused is left alone this long while another may take the agent. */
const REFUSED_REST_MS = 300_000;
/** A link that ends sooner is a failure of its hub: the next round begins behind it. */
const LASTING_MS = 60_000;

/**
 * Dials hubs in turn, each at most once a round, until one takes the agent; the wait between rounds is the caller's (SEC-006).
 * A round begins with the first of the file, so that the agent comes back to it.
 */
export function createFallbackTransport({ hubs, clock, logger, onUse }: FallbackOptions): Transport {
  const restsUntil = new Map<string, number>();
  let first = 0;

  function round(): typeof hubs {
    const inTurn = [...hubs.slice(first), ...hubs.slice(0, first)];
    const rested = inTurn.filter(({ url }) => clock.monotonic() >= (restsUntil.get(url) ?? 0));
    return rested.length > 0 ? rested : inTurn;
  }

  /** Tells a link that did not last from one that did. */
  function watched(events: LinkEvents, index: number): { readonly events: LinkEvents; readonly opened: () => void } {
    let openedAt = 0;
    const onClose = (code: number, reason: string): void => {
      first = clock.monotonic() - openedAt < LASTING_MS ? (index + 1) % hubs.length : 0;
      events.onClose(code, reason);
    };
    const opened = (): void => {
      openedAt = clock.monotonic();
    };
    return { events: { onFrame: (frame) => events.onFrame(frame), onPong: () => events.onPong(), onClose }, opened };
  }

  return {
    async open(events, signal): Promise<Link> {
      const failures: unknown[] = [];
      for (const hub of round()) {
        const watch = watched(events, hubs.indexOf(hub));
        try {
          const link = await hub.transport.open(watch.events, signal);
          watch.opened();
          restsUntil.delete(hub.url);
          onUse(hub.url);
          return link;
        } catch (error) {
          failures.push(error);
          if (signal.aborted) break;
          if (isRefusal(error)) restsUntil.set(hub.url, clock.monotonic() + REFUSED_REST_MS);
          logger.warn({ err: error, url: hub.url }, 'this hub did not take the agent');
        }
      }
      first = 0;
      // Only when all refused is it a refusal to wait out for minutes.
      throw failures.find((error) => !isRefusal(error)) ?? failures[0];
    },
  };
}

function isRefusal(error: unknown): boolean {
  if (!isAgentError(error)) return false;
  if (error.code === 'E_CONN_TLS') return true;
  return error.code === 'E_CONN_UPGRADE' && [401, 403].includes(Number(error.details['status']));
}
