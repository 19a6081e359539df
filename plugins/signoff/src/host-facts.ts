import { readFileSync } from 'node:fs';
import { hostname, uptime } from 'node:os';

/** What ties an opening to this host, this boot and this hour. */
export interface HostFacts {
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Seconds since the boot, whatever the wall clock does. */
  readonly uptime: () => number;
  readonly hostId: () => string;
  /** Undefined where the system does not tell it: nothing can be open then. */
  readonly bootId: () => string | undefined;
}

export const THIS_HOST: HostFacts = {
  now: () => Date.now(),
  uptime,
  hostId: () => line('/etc/machine-id') ?? `name:${hostname()}`,
  bootId: () => line('/proc/sys/kernel/random/boot_id'),
};

function line(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
