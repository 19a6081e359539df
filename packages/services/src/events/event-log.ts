import type { Clock, EventLog } from '@stormpulse/kernel';
import type { Logger } from '@stormpulse/plugin-api';
import { EventBuffer, eventRecord } from '@stormpulse/protocol';
import type { EventFields } from '@stormpulse/protocol';
import { createEventJournal, readEventJournal } from './event-journal.ts';
import type { EventJournal, KeptEvent } from './event-journal.ts';

export interface EventLogOptions {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly newId: () => string;
  /** Where events outlive the agent; without it they are in memory alone. */
  readonly file?: { readonly path: string; readonly logger: Logger };
}

/** The events plane: v1's bounds, kept across connections and starts of the agent (wire page, section 10). */
export function createEventLog({ clock, newId, file }: EventLogOptions): EventLog {
  // Part of every id: what an earlier run sent and did not keep must not lend its id to another event.
  const run = newId().slice(-12);
  const buffer = new EventBuffer<KeptEvent>({
    droppedMarker: (dropped, { n }, { to }) => {
      const record = eventRecord(clock.now(), 'events', 'dropped_events', { dropped });
      return { n, to, id: `${run}-${n}-${to}`, dropped, record };
    },
    droppedIn: ({ dropped }) => dropped,
  });
  let next = 0;
  let journal: EventJournal | undefined;
  if (file !== undefined) {
    for (const event of readEventJournal(file)) {
      buffer.append(event);
      next = Math.max(next, event.to + 1);
    }
    journal = createEventJournal({ ...file, clock, outstanding: () => buffer.outstanding });
  }
  return {
    record({ source, kind, ...fields }) {
      const n = next;
      next += 1;
      const record = eventRecord(clock.now(), source, kind, fields as EventFields);
      const event = { n, to: n, id: `${run}-${n}`, dropped: 0, record };
      buffer.append(event);
      journal?.add(event);
    },
    drain(withIds = false) {
      const batchId = newId();
      const events = buffer.drain(batchId);
      if (events.length === 0) return undefined;
      return { batchId, events: events.map(({ id, record }) => (withIds ? { ...record, id } : record)) };
    },
    acknowledge(batchId) {
      const events = buffer.batch(batchId);
      if (events === undefined) return false;
      buffer.ack(batchId);
      journal?.remove(events);
      return true;
    },
    requeue: () => void buffer.requeue(),
  };
}
