import type { EventFields } from '@stormpulse/protocol';

/** Of one event, so that a batch of 500 stays below 1 MiB. */
const MAX_FIELDS = 32;
const MAX_FIELD_CHARS = 500;
const MAX_COST = 1_600;

/** What an event has of its own on the wire (wire page, 10.1), or with feature `events.id`. */
const RESERVED: ReadonlySet<string> = new Set(['ts', 'source', 'kind', 'id', 'truncated']);
/** v1's, which a hub reads as v1 meant them. */
const OF_V1: ReadonlySet<string> = new Set(['trigger', 'command_ref']);
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/u;

/**
 * A payload as the fields of a flat event: what is nested becomes its JSON text, text is cut at 500 characters, a name that the event
 * needs itself gets `payload_` in front. What does not fit is left out, and `truncated` says so.
 */
export function wireFields(payload: unknown, { mayFillV1 }: { readonly mayFillV1: boolean }): EventFields {
  const isTable = typeof payload === 'object' && payload !== null && !Array.isArray(payload);
  const fields: Record<string, string | number | boolean> = {};
  let room = MAX_COST;
  let truncated = false;
  for (const [given, whole] of Object.entries(isTable ? payload : { payload })) {
    const name = RESERVED.has(given) || (OF_V1.has(given) && !mayFillV1) ? `payload_${given}` : given;
    const value = asField(whole);
    if (value === undefined) continue;
    const cut = typeof value === 'string' ? value.slice(0, MAX_FIELD_CHARS).toWellFormed() : value;
    const cost = costOf(name) + costOf(cut);
    const fits = NAME.test(name) && Object.keys(fields).length < MAX_FIELDS && cost <= room;
    truncated ||= !fits || cut !== value;
    if (!fits) continue;
    fields[name] = cut;
    room -= cost;
  }
  return truncated ? { ...fields, truncated } : fields;
}

function asField(value: unknown): string | number | boolean | undefined {
  if (value === null || value === '') return undefined;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** Bytes on the wire at most, however a message is escaped. */
function costOf(value: string | number | boolean): number {
  return JSON.stringify(value).replaceAll(/[^\x20-\x7e]/g, '\\uffff').length + 2;
}
