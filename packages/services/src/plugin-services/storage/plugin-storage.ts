import type { Store, TSchema } from '@stormpulse/plugin-api';
import { SqliteError } from '@stormpulse/sqlite';
import { fromPlainBytes, toPlainText } from '../plain-value.ts';
import { StoreCorrupt, StoreInvalid, StoreNameInvalid, StoreQuota, StoreUnavailable } from './errors.ts';
import type { StoreName, StoreRows } from './store-rows.ts';

const MIB = 1024 * 1024;
/** UTF-8 bytes of JSON text; a plugin's are those of its keys too. */
export const STORE_LIMITS = { valueBytes: MIB, pluginBytes: 16 * MIB, keyBytes: 512 } as const;
const STORE_NAME = /^[a-z][a-z0-9-]{0,62}$/u;

/** What one plugin keeps. */
export interface PluginStorage {
  /** Throws `E_STORE_NAME`. */
  open(name: string, schema: TSchema): Store<unknown>;
}

interface Place {
  readonly plugin: string;
  readonly store: string;
  readonly key: string;
}

/** `ctx.storage` of one plugin over the rows of all; `isOpen` is false once the plugin has stopped. */
export function createPluginStorage(rows: StoreRows, plugin: string, isOpen: () => boolean): PluginStorage {
  /** Everything of a store rejects; nothing of it throws. */
  const attempt = async <T>(place: Place, work: () => T): Promise<T> => {
    if (!isOpen()) throw StoreUnavailable({ ...place, problem: 'the plugin has stopped' });
    try {
      return await Promise.resolve(work());
    } catch (error) {
      if (error instanceof SqliteError) throw StoreUnavailable({ ...place, problem: error.message }, { cause: error });
      throw error;
    }
  };

  const assertRoom = (place: Place, name: StoreName, key: string, value: Uint8Array): void => {
    const { valueBytes, pluginBytes } = STORE_LIMITS;
    const bytes = value.byteLength;
    if (bytes > valueBytes) throw StoreQuota({ ...place, bytes, maxBytes: valueBytes, of: 'value' });
    const before = rows.get(name, key);
    const more = before === undefined ? Buffer.byteLength(key) + bytes : bytes - before.byteLength;
    const total = rows.bytesOf(plugin) + more;
    if (total > pluginBytes && more > 0) throw StoreQuota({ ...place, bytes: total, maxBytes: pluginBytes, of: 'plugin' });
  };

  return {
    open(store, schema) {
      if (!STORE_NAME.test(store)) throw StoreNameInvalid({ what: 'store', name: shown(store), plugin });
      const name = { plugin, store };
      const at = async <T>(key: string, work: (place: Place) => T): Promise<T> => {
        if (!isKey(key)) throw StoreNameInvalid({ what: 'key', name: shown(String(key)), plugin });
        const place = { ...name, key: shown(key) };
        return await attempt(place, () => work(place));
      };
      const read = (place: Place, bytes: Uint8Array): unknown => {
        const plain = fromPlainBytes(schema, bytes);
        if (plain.ok) return plain.value;
        throw StoreCorrupt({ ...place, problem: plain.problem });
      };
      return Object.freeze<Store<unknown>>({
        get: (key) =>
          at(key, (place) => {
            const bytes = rows.get(name, key);
            return bytes === undefined ? undefined : read(place, bytes);
          }),
        set: (key, value) =>
          at(key, (place) => {
            const plain = toPlainText(schema, value);
            if (!plain.ok) throw StoreInvalid({ ...place, problem: plain.problem });
            const bytes = Buffer.from(plain.value);
            assertRoom(place, name, key, bytes);
            rows.put(name, { key, value: bytes });
          }),
        delete: (key) => at(key, () => rows.remove(name, key)),
        async *entries() {
          for (let after: string | undefined = ''; after !== undefined;) {
            const from: string = after;
            const row = await attempt({ ...name, key: shown(from) }, () => rows.next(name, from));
            if (row !== undefined) yield [row.key, read({ ...name, key: shown(row.key) }, row.value)] as const;
            after = row?.key;
          }
        },
      });
    },
  };
}

function isKey(key: unknown): key is string {
  if (typeof key !== 'string' || key === '' || /\p{Cc}|\p{Surrogate}/u.test(key)) return false;
  return Buffer.byteLength(key) <= STORE_LIMITS.keyBytes;
}

function shown(name: string): string {
  return name
    .slice(0, 200)
    .replaceAll(/\p{Cc}/gu, ' ')
    .toWellFormed();
}
