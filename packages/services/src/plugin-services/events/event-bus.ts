import type { AuditLog, Clock, EventLog, PluginOwner } from '@stormpulse/kernel';
import type { EventType, TSchema } from '@stormpulse/plugin-api';
import { EventInvalid } from '@stormpulse/plugin-api/internal';
import type { Contributions } from '@stormpulse/plugin-api/internal';
import { fromPlainText, toPlainText } from '../plain-value.ts';
import { createSeldom } from './seldom.ts';
import { createRecordRate } from './record-rate.ts';
import { wireFields } from './wire-fields.ts';

export interface EventBusOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Where the hub reads them. */
  readonly log: Pick<EventLog, 'record'>;
  /** Where the host reads those that are to stay. */
  readonly audit?: Pick<AuditLog, 'note'> | undefined;
}

/** `ctx.events` of one plugin. */
export interface PluginEvents {
  /** Throws `E_EVENT_INVALID`. */
  emit(event: EventType<TSchema>, payload: unknown): void;
  listen(listeners: Contributions['listeners']): void;
  close(): void;
}

/** Lets plugins tell each other and the hub what happened. */
export interface EventBus {
  join(owner: PluginOwner): PluginEvents;
}

interface Listening {
  readonly owner: PluginOwner;
  readonly event: EventType<TSchema>;
  readonly listener: (payload: unknown) => void | Promise<void>;
  waiting: number;
  readonly seldom: (work: () => void) => void;
}

/** Whose events a hub takes for the agent's own: no plugin from elsewhere speaks as one of them. */
const SOURCES_OF_AGENT: ReadonlySet<string> = new Set(['auth', 'commands', 'events', 'hub', 'jobs', 'plugins', 'tls', 'ws']);
const KIND = /^[a-z][a-z0-9_.-]{0,159}$/u;
const MAX_PAYLOAD_CHARS = 64 * 1024;
/** Told and not yet heard, by one listener: beyond it events are lost to that listener alone. */
const MAX_WAITING = 1_000;
/** Between two lines of the log that say the same. */
const WARN_MS = 60_000;

/**
 * Each listener gets its own copy, checked by its own schema, in a turn of its own: one that throws, rejects or changes what it got
 * harms nobody, and two plugins that answer each other's events for ever keep no other work from running.
 */
export function createEventBus({ clock, log, audit }: EventBusOptions): EventBus {
  const all = new Set<Listening>();

  const hear = async ({ owner, event, listener }: Listening, text: string): Promise<void> => {
    const plain = fromPlainText(event.payload, text);
    if (!plain.ok) {
      owner.logger.warn(
        { event: event.id, problem: plain.problem },
        'an event was not heard: it has another shape than expected',
      );
      return;
    }
    try {
      await listener(plain.value);
    } catch (error) {
      owner.logger.error({ err: error, event: event.id }, 'a listener failed');
    }
  };

  const tell = (to: Listening, text: string): void => {
    if (to.waiting >= MAX_WAITING) {
      to.seldom(() => to.owner.logger.warn({ event: to.event.id }, 'events come too fast for a listener; some are lost to it'));
      return;
    }
    to.waiting += 1;
    setImmediate(() => {
      to.waiting -= 1;
      if (all.has(to)) void hear(to, text);
    });
  };

  return {
    join(owner) {
      const mine = new Set<Listening>();
      const rate = createRecordRate(clock);
      const seldom = createSeldom(clock, WARN_MS);
      const isTaken = SOURCES_OF_AGENT.has(owner.name) && !owner.firstParty;
      const name = isTaken ? `plugin.${owner.name}` : owner.name;
      let isOpen = true;

      const told = (suppressed: number): void => {
        if (suppressed > 0) log.record({ source: name, kind: 'suppressed_events', suppressed });
      };
      const record = (event: EventType<TSchema>, text: string): void => {
        const suppressed = rate.take();
        if (suppressed === undefined) {
          seldom(() =>
            owner.logger.warn({ event: event.id }, 'the plugin emits more events than a hub is told of; the others are counted'),
          );
          return;
        }
        told(suppressed);
        const kind = event.id.slice(owner.name.length + 1);
        const fields = wireFields(JSON.parse(text), { mayFillV1: owner.firstParty });
        log.record({ ...fields, source: event.wireSource ?? name, kind });
      };

      return {
        emit(event, payload) {
          const refuse = (problem: string): never => {
            throw EventInvalid({ event: event.id.slice(0, 200), problem });
          };
          if (!event.id.startsWith(`${owner.name}.`)) refuse(`plugin "${owner.name}" emits only what begins with its own name`);
          if (!KIND.test(event.id.slice(owner.name.length + 1))) refuse('its id is not dotted lower-case words');
          if ((event.wireSource !== undefined || event.audited === true) && !owner.firstParty)
            refuse('wireSource and audited are for first-party plugins');
          const plain = toPlainText(event.payload, payload);
          if (!plain.ok) return refuse(`its payload ${plain.problem}`);
          if (plain.value.length > MAX_PAYLOAD_CHARS) refuse(`its payload has more than ${MAX_PAYLOAD_CHARS} characters of JSON`);
          if (!isOpen) return;
          if (event.audited === true)
            audit?.note({ ...wireFields(JSON.parse(plain.value), { mayFillV1: true }), kind: event.id });
          record(event, plain.value);
          for (const to of all) if (to.event.id === event.id) tell(to, plain.value);
        },
        listen(listeners) {
          for (const { event, listener } of listeners) {
            const listening = { owner, event, listener, waiting: 0, seldom: createSeldom(clock, WARN_MS) };
            mine.add(listening);
            all.add(listening);
          }
        },
        close() {
          if (isOpen) told(rate.suppressed);
          isOpen = false;
          for (const listening of mine) all.delete(listening);
        },
      };
    },
  };
}
