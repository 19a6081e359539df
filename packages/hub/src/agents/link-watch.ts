import { FrameNumbers, isTold } from '@stormpulse/protocol';
import type { LinkFault } from '@stormpulse/protocol';
import { newMessageId } from '@stormpulse/protocol/node';
import type { Clock, HubLog } from '../config/options.ts';
import { messageOf } from '../errors.ts';
import type { Changes } from '../state/changes.ts';
import type { Stores } from '../storage/stores.ts';

/** Gives a new link of an agent its numbers; what they find becomes an event about the agent and an anomaly (SEC-075). */
export type LinkWatch = (agentId: string) => FrameNumbers;

interface LinkWatchPorts {
  readonly stores: Stores;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: HubLog;
}

export function createLinkWatch({ stores, changes, clock, log }: LinkWatchPorts): LinkWatch {
  const boot = newMessageId().slice(-12);

  function tell(agentId: string, body: LinkFault): void {
    const at = clock.now();
    const event = stores.transaction(() => {
      stores.anomalies.add(agentId, 'link_fault', body, at);
      return stores.events.add(agentId, { at, source: 'hub', kind: 'link_fault', body });
    });
    if (event !== undefined) changes.publish({ kind: 'event', agentId, event });
  }

  return (agentId) =>
    new FrameNumbers({
      boot,
      named: false,
      found(fault) {
        if (!isTold(fault)) return;
        try {
          tell(agentId, fault);
        } catch (error) {
          // Nothing of a frame depends on it: what the frame itself says is stored, or refused, by itself.
          log.error({ agent: agentId, error: messageOf(error) }, 'a fault of a link was not stored');
        }
      },
    });
}
