import { defineError } from '@stormpulse/sdk';

/** A file of `/proc` that every Linux host has could not be read. */
export const ProcUnreadable = defineError<{ file: string; code: string }>(
  'E_METRICS_PROC_UNREADABLE',
  'unavailable',
  'host',
  (d) =>
    `cannot read ${d.file} (${d.code}); host metrics need the /proc of this host: mount it, and remove ProcSubset=pid from the agent's service unit`,
);

/** A file of `/proc` was read and lacks what every kernel writes there. */
export const ProcMalformed = defineError<{ file: string; missing: string }>(
  'E_METRICS_PROC_MALFORMED',
  'unavailable',
  'host',
  (d) => `${d.file} has no usable "${d.missing}"; expected the kernel's own format: check what is mounted over ${d.file}`,
);

/** The root file system did not tell its size. */
export const RootUnreadable = defineError<{ path: string; problem: string }>(
  'E_METRICS_ROOT_UNREADABLE',
  'unavailable',
  'host',
  (d) => `the file system at ${d.path} ${d.problem}; its size and usage are unknown until it answers: check the disk below it`,
);

/** A reading was asked for before the plugin started or after it stopped. */
export const MetricsStopped = defineError<object>(
  'E_METRICS_STOPPED',
  'failed_precondition',
  'bug',
  () => 'host metrics were asked for while the plugin is not running; start it first',
);
