/** What an event may hold: ids and numbers, no personal data (wire page, section 10.1). */
export type EventFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A flat event as it goes on the wire. `ts` is UTC with milliseconds. */
export type EventRecord = { readonly ts: string; readonly source: string; readonly kind: string } & EventFields;

const MAX_ERROR_CHARACTERS = 500;

/**
 * The record of an event: null, undefined and empty fields are left out, zero and false stay, `error` is cut to 500 characters.
 * `nowMs` is Unix milliseconds.
 */
export function eventRecord(nowMs: number, source: string, kind: string, fields: EventFields = {}): EventRecord {
  const record: Record<string, string | number | boolean> = { ts: new Date(nowMs).toISOString(), source, kind };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== null && value !== undefined && value !== '') record[name] = name === 'error' ? cut(value) : value;
  }
  return record as EventRecord;
}

/** Cut by code points, so that no surrogate pair is split. */
function cut(value: string | number | boolean): string | number | boolean {
  if (typeof value !== 'string' || value.length <= MAX_ERROR_CHARACTERS) return value;
  const characters = Array.from(value.slice(0, 2 * MAX_ERROR_CHARACTERS));
  return characters.slice(0, MAX_ERROR_CHARACTERS).join('').toWellFormed();
}
