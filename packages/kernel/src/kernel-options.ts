import type { Dialect, Payloads } from '@stormpulse/protocol';
import type { ConnectionStatus } from './connection/connection.ts';
import type { PluginStatus } from './plugin-ports.ts';
import type { OperatorPolicy } from './policy-ports.ts';
import type { LeftOut, PluginEntry, Ports } from './ports.ts';

/** What one agent is made of. Two kernels in one process share nothing. */
export interface KernelOptions {
  readonly agentId: string;
  readonly version: string;
  readonly pulseToken: string;
  /** Already stripped (SEC-034). */
  readonly hmacKey: Uint8Array;
  readonly dialect: Dialect;
  readonly timing: Timing;
  readonly inventory: Payloads['register']['system_inventory'];
  readonly plugins: readonly PluginEntry[];
  readonly ports: Ports;
  /** Without one no operator's signature is asked for. */
  readonly operator?: OperatorPolicy;
  /** Something of the status changed; what is passed reads it. A new acknowledgement alone is told every minute. */
  readonly onStatus?: (read: () => KernelStatus) => void;
}

export interface Timing {
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  readonly heartbeatMs: number;
  readonly pushMs: number;
  readonly commandMaxAgeSeconds: number;
}

export interface KernelStatus {
  readonly connection: ConnectionStatus;
  /** Named by both sides on this connection. */
  readonly features: readonly string[];
  /** Unix milliseconds, renewed every minute. */
  readonly lastAckAt?: number;
  /** This clock less the hub's, as that acknowledgement was dated. */
  readonly clockAheadMs?: number;
  readonly plugins: readonly PluginStatus[];
  readonly commands: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** By reason, since start. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Frames counted and not acted on, by reason, since start. */
  readonly ignored: Readonly<Record<string, number>>;
  readonly outbox: { readonly waiting: number; readonly lost: number };
}

export interface Kernel {
  /** Starts plugins, freezes the command table, dials. Resolves once the first dial is under way. */
  start(): Promise<void>;
  /**
   * Hot load: puts the first of `entries` that stands in the place of the plugin `name`, or nothing, and registers again when other commands are offered then; gives how
   * each that was tried does. What runs of the one before ends first. One at a time.
   */
  exchange(name: string, entries: readonly PluginEntry[]): Promise<readonly PluginStatus[]>;
  /** Graceful and bounded: drain, abort, stop plugins, flush, close the socket, release stores. Idempotent. */
  close(): Promise<void>;
  readonly status: KernelStatus;
}
