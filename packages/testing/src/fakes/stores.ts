import type { StoreName, StoreRows } from '@stormpulse/services';

/** What plugins of one host keep, for as many agents as are started over it. */
export function createMemoryStores(): StoreRows {
  const all = new Map<string, Map<string, Uint8Array>>();
  const of = ({ plugin, store }: StoreName): Map<string, Uint8Array> => {
    const name = `${plugin}.${store}`;
    const found = all.get(name) ?? new Map<string, Uint8Array>();
    all.set(name, found);
    return found;
  };
  return {
    get: (name, key) => of(name).get(key),
    put: (name, { key, value }) => void of(name).set(key, value),
    remove: (name, key) => of(name).delete(key),
    next(name, after) {
      const bytes = Buffer.from(after);
      const later = [...of(name)].filter(([key]) => Buffer.compare(Buffer.from(key), bytes) > 0);
      const [first] = later.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      return first === undefined ? undefined : { key: first[0], value: first[1] };
    },
    bytesOf: (plugin) =>
      [...all]
        .filter(([name]) => name.startsWith(`${plugin}.`))
        .flatMap(([, rows]) => [...rows])
        .reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + value.byteLength, 0),
    close: () => undefined,
  };
}
