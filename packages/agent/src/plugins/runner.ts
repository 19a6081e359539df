import type { Plugin } from '@stormpulse/plugin-api';
import type { PluginManifest } from '@stormpulse/plugin-api/internal';
import { PluginIsolation } from './errors.ts';

/** Verified code, and what it is run with. */
export interface PluginSource {
  readonly name: string;
  /** A file URL. */
  readonly entry: string;
  /** Its part of the file, as written. */
  readonly config: unknown;
  readonly isolation: 'process' | 'worker';
  /** What it declared for this code and config before: it is offered without waiting for its code. */
  readonly kept?: PluginManifest;
}

/** Runs plugins outside the agent (D11). */
export interface PluginRunner {
  /** A plugin whose functions are elsewhere. */
  load(source: PluginSource): Promise<Plugin>;
  /** Runs the code once, to read what it declares. */
  derive(source: PluginSource): Promise<PluginManifest>;
}

/** For an agent that has none: every plugin that needs it is refused. */
export const NO_RUNNER: PluginRunner = {
  load: ({ name, isolation }) => Promise.reject(PluginIsolation({ plugin: name, isolation })),
  derive: ({ name, isolation }) => Promise.reject(PluginIsolation({ plugin: name, isolation })),
};
