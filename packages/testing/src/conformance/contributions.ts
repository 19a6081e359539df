import type { Capabilities, Plugin } from '@stormpulse/plugin-api';
import { definitionOf, parseConfig, recordSetup } from '@stormpulse/plugin-api/internal';
import type { AnyPluginDefinition, Contributions, LiveMembers } from '@stormpulse/plugin-api/internal';

/** What one setup declared, without a host. */
export interface Declared extends Contributions {
  readonly capabilities: Capabilities;
  /** Members of `ctx` that setup used although they wait. */
  readonly waited: readonly string[];
}

/** The definition of a plugin, or a sentence that says it is none. */
export function definitionOrThrow(plugin: Plugin): AnyPluginDefinition {
  const definition = definitionOf(plugin);
  if (definition === undefined) throw new Error('this is not the result of definePlugin()');
  return definition;
}

/** Runs setup against a context that only records, but for what is `live`. Throws what it throws. */
export function contribute(plugin: Plugin, config: object, live: Partial<LiveMembers> = {}): Declared {
  const definition = definitionOrThrow(plugin);
  const parsed = parseConfig(definition.configSchema, config);
  const waited: string[] = [];
  const silent = (): void => undefined;
  const waits = (what: string) => (): Promise<never> => {
    waited.push(what);
    return Promise.reject(new Error(`setup may not wait: ${what}`));
  };
  const contributions = recordSetup(definition, parsed, {
    logger: { debug: silent, info: silent, warn: silent, error: silent },
    signal: new AbortController().signal,
    exec: (file) => waits(`exec ${file}`)(),
    http: {
      client: (origin) => {
        const request = ({ path }: { readonly path: string }): Promise<never> => waits(`http ${origin}${path}`)();
        return { json: request, text: request, stream: request };
      },
    },
    collector: ({ id }) => ({ current: undefined, refresh: waits(`collectors.${id}.refresh`), changed: () => undefined }),
    store: (name) => {
      const use = waits(`storage.${name}`);
      return { get: use, set: use, delete: use, entries: use as never };
    },
    logCatalogue: waits('logs.catalogue'),
    emit: silent,
    ok: silent,
    degraded: silent,
    defer: silent,
    ...live,
  });
  return { ...contributions, capabilities: definition.capabilities(parsed), waited };
}
