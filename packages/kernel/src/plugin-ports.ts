import type { Capabilities, EventType, Http, LogCatalogue, Logger, SecretSource, Store, TSchema } from '@stormpulse/plugin-api';
import type { AnyPluginDefinition, Contributions, PluginState } from '@stormpulse/plugin-api/internal';
import type { Payloads } from '@stormpulse/protocol';
import type { CommandTable } from './plugins/registry.ts';

/** How a plugin stands. */
export interface PluginStatus {
  readonly name: string;
  readonly state: PluginState;
  readonly reason?: string;
  /** Of what refused or failed it. */
  readonly code?: string;
}

/** One plugin, as what stands behind its `ctx` knows it. */
export interface PluginOwner {
  readonly name: string;
  readonly firstParty: boolean;
  /** What it asked for, all of it granted. */
  readonly capabilities: Capabilities;
  readonly logger: Logger;
  /** Aborted when it stops. */
  readonly signal: AbortSignal;
  /** Its probes speak: why it is degraded, or undefined when all are well again. */
  readonly onHealth: (problem: string | undefined) => void;
}

/** What one plugin holds of the host besides its commands and collectors. */
export interface PluginServices {
  /** Throws `E_GRANT_HTTP` for an origin that was not granted. */
  readonly http: Http;
  /** Throws `E_STORE_NAME`. */
  store(name: string, schema: TSchema): Store<unknown>;
  /** Throws `E_EVENT_INVALID`. */
  emit(event: EventType<TSchema>, payload: unknown): void;
  /** What all plugins declared of logs. Rejects with `E_GRANT_LOGS`. */
  logCatalogue(): Promise<LogCatalogue>;
  /** Rejects with `E_SECRET_*`. */
  reveal(source: SecretSource): Promise<string>;
  /** Takes listeners, probes, log sources, parsers and enrichers. Throws `E_PLUGIN_CONTRIBUTION`, and takes none then. */
  adopt(contributions: Contributions): void;
  /** The plugin runs: its probes begin. */
  start(): void;
  close(): void;
}

/** Opens what stands behind one plugin's `ctx`; the kernel closes it when the plugin stops. */
export type PluginServiceFactory = (owner: PluginOwner) => PluginServices;

/** Tells a hub what plugins declare (feature `plugin.manifest`), unless it holds that already. */
export interface ManifestTeller {
  declared(plugin: AnyPluginDefinition, capabilities: Capabilities, contributions: Contributions): void;
  offered(commands: CommandTable, plugins: readonly string[]): void;
  tell(held: unknown, send: (manifest: Payloads['plugin.manifest']) => void): void;
}
