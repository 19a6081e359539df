import type { AgentError } from '@stormpulse/plugin-api';
import type { CommandManifestEntry, Payloads, RefusalReason, SignedType } from '@stormpulse/protocol';

/** A message that the hub signed, as the host's operators look at it (SEC-072). */
export interface CoSigned {
  readonly type: SignedType;
  /** In order, as this agent lists them; `phrase`: the operator must have typed the agent's id. */
  readonly commands: readonly { readonly name: string; readonly manifest: CommandManifestEntry; readonly phrase: boolean }[];
  readonly canonicalText: string;
  readonly signature: string | undefined;
}

/** Which commands need an operator's signature besides the hub's, and whose counts. */
export interface OperatorPolicy {
  /** Told once, before the first message: every command of this host, by wire name. */
  offered(manifest: Readonly<Record<string, CommandManifestEntry>>): void;
  /** Undefined: nothing speaks against it. Never throws; writes nothing that lasts. */
  refusalFor(message: CoSigned): RefusalReason | undefined;
}

/** One line of the host's own record: `kind` is `area.what`, such as `command.accepted`; no secret is in it (SEC-242). */
export interface AuditEntry {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** The host's own record of what this agent did, which no hub can write (SEC-240). */
export interface AuditLog {
  /** Resolves once the entry is on disk. Rejects with `E_AUDIT_*` when it cannot be: what it tells of must not happen then. */
  append(entry: AuditEntry): Promise<void>;
  /** What nobody waits for: written with the next entry, within a second, or when the disk takes it again. */
  note(entry: AuditEntry): void;
  /** A message that was refused: recorded at a bounded rate, beyond it as a number (SEC-243). */
  refused?(refusal: { readonly reason: RefusalReason; readonly commandRef: string }): void;
  /** The newest record; undefined while there is none. */
  readonly head?: Payloads['metrics.push']['audit_head'];
}

/** What the host itself allows, whatever the hub signed (SEC-073). No message changes it. */
export interface LocalPolicy {
  /** As the hub may read it; none where the host wrote none. */
  readonly rules?: Readonly<Record<string, unknown>>;
  /** Undefined: it may run, and is counted. Else what a person is told. */
  refusalFor(command: { readonly wireName: string; readonly group: string; readonly plugin?: string }): string | undefined;
}

/** Counts what was refused and tells of it at a bounded rate (SEC-067). */
export interface RefusalLog {
  /** By reason, since start. */
  readonly counts: Readonly<Record<string, number>>;
  /** True: this peer has forged too often on this connection. */
  add(refusal: { readonly reason: RefusalReason; readonly commandRef: string }): boolean;
  /** A new connection starts with a clean count of forgeries. */
  newConnection(): void;
  /** Tells what was only counted. */
  flush(): void;
}

/** Told of errors of plugins; records those that say what one lacks, each once, at a bounded rate (SEC-204). Never throws. */
export interface DenialLog {
  add(plugin: string, error: AgentError): void;
  /** Tells what was only counted. */
  flush(): void;
}
