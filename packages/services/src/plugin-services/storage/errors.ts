import { defineError } from '@stormpulse/plugin-api';

/** Which value is meant. */
interface Place {
  readonly plugin: string;
  readonly store: string;
  /** At most 200 characters of it. */
  readonly key: string;
}
const place = (d: Place): string => `"${d.key}" of store "${d.plugin}.${d.store}"`;

export const StoreNameInvalid = defineError<{ what: 'store' | 'key'; name: string; plugin: string }>(
  'E_STORE_NAME',
  'invalid_argument',
  'plugin',
  (d) =>
    d.what === 'store'
      ? `plugin "${d.plugin}": "${d.name}" is no name of a store; write 1 to 63 lower-case letters, digits and hyphens, a letter first`
      : `plugin "${d.plugin}": "${d.name}" is no key; write 1 to 512 bytes of text without control characters`,
);
export const StoreInvalid = defineError<Place & { problem: string }>(
  'E_STORE_INVALID',
  'invalid_argument',
  'plugin',
  (d) => `${place(d)} was not kept: the value ${d.problem}`,
);
export const StoreQuota = defineError<Place & { bytes: number; maxBytes: number; of: 'value' | 'plugin' }>(
  'E_STORE_QUOTA',
  'resource_exhausted',
  'plugin',
  (d) =>
    `${place(d)} was not kept: ${d.of === 'value' ? 'the value is' : 'all that the plugin keeps would be'} ${d.bytes} bytes, at most ${d.maxBytes} are kept; delete what is not needed`,
);
export const StoreCorrupt = defineError<Place & { problem: string }>(
  'E_STORE_CORRUPT',
  'failed_precondition',
  'host',
  (d) => `${place(d)} ${d.problem}; set it again, or delete it`,
);
export const StoreUnavailable = defineError<Place & { problem: string }>(
  'E_STORE_UNAVAILABLE',
  'unavailable',
  'host',
  (d) => `${place(d)} can be neither read nor written: ${d.problem}`,
);
