import type { Investigation } from './investigation.ts';
import type { Period } from './period.ts';

/** A repeated question. */
export interface Probe {
  /** Local id. */
  readonly id: string;
  readonly every: Period;
  /** Default: 5 s. */
  readonly timeout?: Period;
  /** Resolves: well. Rejects: not, and why. */
  readonly check: (signal: AbortSignal) => Promise<void>;
}

/** Plugins only speak up about trouble; `ready` is the kernel's word. */
export interface Health {
  ok(): void;
  degraded(reason: string): void;
  /** Three failures in a row degrade the plugin; one success recovers it. Only during setup. */
  probe(probe: Probe): void;
  /** Offers `stormpulse investigate <plugin>.<id>`. Only during setup. */
  investigation(investigation: Investigation): void;
}
