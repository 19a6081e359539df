const MAX_ENTRIES = 1_000;
/** Of a list as JSON: a push carries five of them, and is one frame. */
const MAX_BYTES = 300_000;

/** The first entries that a state has room for, by number and by size; how many there are is told beside them. */
export function fitting<T>(entries: readonly T[]): readonly T[] {
  let room = MAX_BYTES;
  const beyond = entries.slice(0, MAX_ENTRIES).findIndex((entry) => {
    room -= Buffer.byteLength(JSON.stringify(entry));
    return room < 0;
  });
  return entries.slice(0, beyond === -1 ? MAX_ENTRIES : beyond);
}
