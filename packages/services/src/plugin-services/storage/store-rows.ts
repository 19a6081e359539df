/** Where the values of one store of one plugin lie. */
export interface StoreName {
  readonly plugin: string;
  readonly store: string;
}

/** A value as bytes, by its key. */
export interface StoreRow {
  readonly key: string;
  readonly value: Uint8Array;
}

/**
 * What plugins keep, as rows. A change is on disk when the method returns; all of it or nothing. Each throws `SqliteError` when it
 * cannot be.
 */
export interface StoreRows {
  get(name: StoreName, key: string): Uint8Array | undefined;
  put(name: StoreName, row: StoreRow): void;
  /** False: there was none. */
  remove(name: StoreName, key: string): boolean;
  /** The first whose key comes after this one, by code points. */
  next(name: StoreName, after: string): StoreRow | undefined;
  /** Of all keys (as UTF-8) and values of a plugin. */
  bytesOf(plugin: string): number;
  /** Idempotent; used again, it opens again. */
  close(): void;
}
