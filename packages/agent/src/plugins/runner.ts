import type { Plugin } from '@stormpulse/plugin-api';
import type { PluginManifest } from '@stormpulse/plugin-api/internal';
import type { PluginBill } from '@stormpulse/services/isolation';

/** Verified code, and what it is run with. */
export interface PluginSource {
  readonly name: string;
  /** A file URL. */
  readonly entry: string;
  /** The folder of all its code, dependencies included. */
  readonly tree: string;
  /** Its part of the file, as written. */
  readonly config: unknown;
  readonly isolation: 'process' | 'worker' | 'none';
  /** What it declared for this code and config before: it is offered without waiting for its code. */
  readonly kept?: PluginManifest;
}

/** Runs plugins where the host wants them (D11). */
export interface PluginRunner {
  /** The plugin, or what stands for it while its functions are elsewhere. */
  load(source: PluginSource): Promise<Plugin>;
  /** Runs the code once apart from everything, to read what it declares; never in this process. */
  derive(source: Omit<PluginSource, 'kept'>): Promise<PluginManifest>;
  /** What those with a process or a thread of their own cost now. */
  bills?(): readonly PluginBill[];
  /** Ends what it started. */
  close?(): Promise<void>;
}

/** Whose rights the code of a plugin gets: never root's, not even to be looked at. */
export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}
