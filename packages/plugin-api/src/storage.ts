import type { Infer, TSchema } from './schema.ts';

/** Values by key. Each member rejects with `E_STORE_*`. */
export interface Store<T> {
  /** Undefined: never set, or deleted. A value that the schema does not allow any more is `E_STORE_CORRUPT`: disks lie. */
  get(key: string): Promise<T | undefined>;
  /** On disk when it resolves; all of the value or the one before. */
  set(key: string, value: T): Promise<void>;
  /** False: there was none. */
  delete(key: string): Promise<boolean>;
  /** In the order of the keys, as they are when each is read. */
  entries(): AsyncIterable<readonly [key: string, value: T]>;
}

/** Kept across restarts, the plugin's alone, at most 16 MiB a plugin and 1 MiB a value. */
export interface Storage {
  /** `name`: lower-case letters, digits and hyphens. Only during setup. */
  open<S extends TSchema>(name: string, schema: S): Store<Infer<S>>;
}
