import type { EventLog } from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import { FrameNumbers, isTold } from '@stormpulse/protocol';
import type { LinkFault } from '@stormpulse/protocol';

export interface LinkWatchOptions {
  readonly newId: () => string;
  readonly events: Pick<EventLog, 'record'>;
  readonly logger: Logger;
  /** The counts have changed. */
  readonly onFault: () => void;
}

export interface LinkWatch {
  /** The numbers of a new connection. */
  numbers(): FrameNumbers;
  /** By kind, over all connections of this run. */
  readonly faults: Readonly<Record<string, number>>;
}

/** Numbers this agent's frames and looks at its hub's (SEC-075): what is wrong is counted, logged and told to the hub as an event. */
export function createLinkWatch({ newId, events, logger, onFault }: LinkWatchOptions): LinkWatch {
  const boot = newId().slice(-12);
  const counts = new Map<string, number>();
  const found = (fault: LinkFault): void => {
    counts.set(fault.fault, (counts.get(fault.fault) ?? 0) + 1);
    if (isTold(fault)) {
      logger.warn({ ...fault }, 'frames between this agent and its hub were lost, doubled, reordered or misdated');
      events.record({ source: 'ws', kind: 'link_fault', ...fault });
    }
    onFault();
  };
  return {
    numbers: () => new FrameNumbers({ boot, named: true, found }),
    get faults() {
      return Object.fromEntries(counts);
    },
  };
}
