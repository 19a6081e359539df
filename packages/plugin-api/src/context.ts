import type { Collector, CollectorHandle } from './collector.ts';
import type { Command } from './command.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { Events } from './event.ts';
import type { Exec } from './exec.ts';
import type { CommandGate } from './gate.ts';
import type { Health } from './health.ts';
import type { Http } from './http.ts';
import type { Logger } from './logger.ts';
import type { Logs } from './logs.ts';
import type { Infer, TSchema } from './schema.ts';
import type { Storage } from './storage.ts';
import type { Wizards } from './wizard.ts';

/**
 * What a plugin holds of the agent: thirteen members, and a fourteenth needs an ADR. Plain data and functions in, promise or undo
 * out: every member could be a remote call, and is one for a plugin that runs in its own process.
 */
export interface PluginContext<Config> {
  readonly config: Config;
  readonly commands: Commands;
  readonly collectors: Collectors;
  readonly wizard: Wizards;
  readonly logs: Logs;
  readonly events: Events;
  readonly health: Health;
  readonly storage: Storage;
  readonly exec: Exec;
  readonly http: Http;
  readonly logger: Logger;
  /** Aborted when the plugin stops, for any reason. */
  readonly signal: AbortSignal;
  readonly lifecycle: Lifecycle;
}

export interface Lifecycle {
  /** Connect, spawn, listen. After every plugin's setup; may be retried, so must tolerate a second call. */
  onStart(start: (signal: AbortSignal) => Promise<void>): void;
  /** Released last-first on stop, on failed start, and on disable. Each has a deadline. */
  defer(release: AsyncDisposable | Disposable | (() => void | Promise<void>)): void;
}

/** A command the operator wrote that is not offered: shown with its reason wherever commands are shown. */
export interface Omission {
  /** Wire name of the command. */
  readonly command: string;
  readonly problem: ConfigProblem;
}

export interface Commands {
  /** Only during setup. Throws `E_PLUGIN_CONTRIBUTION`, `E_PLUGIN_LATE_REGISTRATION`. */
  register(...commands: readonly Command[]): void;
  /** A veto over commands; needs the capability `gate`. Only during setup. Throws `E_GRANT_GATE`. */
  gate(gate: CommandGate): void;
  /** Leaves one command out and says why; the others stay. Only during setup. */
  leaveOut(omission: Omission): void;
}

export interface Collectors {
  /** Only during setup. Throws `E_PLUGIN_CONTRIBUTION`, `E_PLUGIN_LATE_REGISTRATION`. */
  register<S extends TSchema>(collector: Collector<S>): CollectorHandle<Infer<S>>;
}
