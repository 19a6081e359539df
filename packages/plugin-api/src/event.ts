import { defineError } from './errors.ts';
import type { Infer, TSchema } from './schema.ts';

/** A typed event. Exported by its owner; importing it is the whole coupling between two plugins. */
export interface EventType<S extends TSchema> {
  /** `<plugin>.<what happened>`, dotted. */
  readonly id: string;
  readonly payload: S;
  /** First-party plugins only: `source` of the event as hubs get it. Default: the plugin's name. */
  readonly wireSource?: string;
  /** First-party plugins only: also a line of the host's own audit log, its kind the id. */
  readonly audited?: true;
}

export interface Events {
  /** Tells the plugins that listen, and the hub. Only events of this plugin; a payload outside its schema throws `E_EVENT_INVALID`. */
  emit<S extends TSchema>(event: EventType<S>, payload: Infer<S>): void;
  /** Only during setup. A listener that throws or rejects is told in the log, under its plugin's name. */
  on<S extends TSchema>(event: EventType<S>, listener: (payload: Infer<S>) => void | Promise<void>): void;
}

export const EventInvalid = defineError<{ event: string; problem: string }>(
  'E_EVENT_INVALID',
  'invalid_argument',
  'plugin',
  (d) => `event "${d.event}": ${d.problem}`,
);

const ID = /^[a-z][a-z0-9-]{1,31}(?:\.[a-z][a-z0-9_-]{0,31}){1,4}$/u;

/** Defines an event type. Throws `E_EVENT_INVALID` when the id is not dotted lower-case words, the plugin's name first. */
export function defineEvent<const S extends TSchema>(
  id: `${string}.${string}`,
  payload: S,
  options: Pick<EventType<S>, 'wireSource' | 'audited'> = {},
): EventType<S> {
  if (!ID.test(id)) throw EventInvalid({ event: id, problem: 'its id is not "<plugin>.<what happened>" in lower-case words' });
  return Object.freeze({ id, payload, ...options });
}
