import type { Clock, EventLog } from '@stormpulse/kernel';
import { EventBuffer, eventRecord } from '@stormpulse/protocol';
import type { EventFields, EventRecord } from '@stormpulse/protocol';

/** The events plane in memory: v1's bounds, kept across connections, lost at exit (wire page, section 10). */
export function createEventLog(options: { readonly clock: Pick<Clock, 'now'>; readonly newId: () => string }): EventLog {
  const { clock, newId } = options;
  const buffer = new EventBuffer<EventRecord>({
    droppedMarker: (dropped) => eventRecord(clock.now(), 'events', 'dropped_events', { dropped }),
  });
  return {
    record({ source, kind, ...fields }) {
      buffer.append(eventRecord(clock.now(), source, kind, fields as EventFields));
    },
    drain() {
      const batchId = newId();
      const events = buffer.drain(batchId);
      return events.length === 0 ? undefined : { batchId, events };
    },
    acknowledge: (batchId) => buffer.ack(batchId),
    requeue: () => void buffer.requeue(),
  };
}
