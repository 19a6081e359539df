import type { Capabilities } from './capabilities.ts';
import type { PluginContext } from './context.ts';
import type { Infer, TObject } from './schema.ts';

/** The version of this contract. A plugin runs when it names the same major and at most this minor. */
export const API_VERSION = '1.0';

export interface PluginDefinition<C extends TObject> {
  /** `^[a-z][a-z0-9-]{1,31}$`; the namespace of everything it contributes. */
  readonly name: string;
  readonly version: string;
  /** Plugin API it was written against: same major, at least this minor. */
  readonly apiVersion: `${number}.${number}`;
  readonly description: string;
  readonly configSchema: C;
  /** Pure. Depends on config because socket paths and endpoints do. */
  capabilities(config: Infer<C>): Capabilities;
  /** Synchronous, no I/O, deterministic for a given config: declare, do not do. */
  setup(ctx: PluginContext<Infer<C>>): void;
}

/** Opaque: a plugin's published types mention neither its config nor TypeBox. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
}

/** The definition as the kernel reads it, its config type forgotten. */
export interface AnyPluginDefinition {
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly description: string;
  readonly configSchema: TObject;
  capabilities(config: unknown): Capabilities;
  setup(ctx: PluginContext<unknown>): unknown;
}

const DEFINITION = Symbol.for('@stormpulse/plugin');

/** Makes a plugin of its definition; the default export of a plugin package. */
export function definePlugin<const C extends TObject>(definition: PluginDefinition<C>): Plugin {
  return Object.freeze({ name: definition.name, version: definition.version, [DEFINITION]: Object.freeze(definition) });
}

/** The definition behind a plugin, of any copy of this package; undefined for anything that is not one. */
export function definitionOf(plugin: unknown): AnyPluginDefinition | undefined {
  if (typeof plugin !== 'object' || plugin === null) return undefined;
  return (plugin as { readonly [DEFINITION]?: AnyPluginDefinition })[DEFINITION];
}
