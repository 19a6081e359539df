import { definitionOf, describePlugin, parseConfig, recordSetup } from '@stormpulse/plugin-api/internal';
import type { AnyPluginDefinition } from '@stormpulse/plugin-api/internal';
import type { Plugin } from '@stormpulse/plugin-api';
import type { PluginRunner, PluginSource } from '../src/plugins/runner.ts';

const nothing = (): void => undefined;
const nowhere = (): Promise<never> => Promise.reject(new Error('nothing is reached while a plugin is described'));

/** Stands in for what isolates: it imports plugins into this process, and keeps what it was given. */
export class StandInRunner implements PluginRunner {
  readonly loaded: PluginSource[] = [];
  readonly derived: Omit<PluginSource, 'kept'>[] = [];

  async load(source: PluginSource): Promise<Plugin> {
    this.loaded.push(source);
    return (await pluginOf(source)) as Plugin;
  }

  async derive(source: Omit<PluginSource, 'kept'>): ReturnType<PluginRunner['derive']> {
    this.derived.push(source);
    const definition = definitionOf(await pluginOf(source)) as AnyPluginDefinition;
    const config = parseConfig(definition.configSchema, source.config);
    const declared = recordSetup(definition, config, {
      logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
      signal: AbortSignal.abort(),
      exec: nowhere,
      http: { client: () => ({ json: nowhere, text: nowhere, stream: nowhere }) },
      collector: () => ({ current: undefined, changed: () => undefined, refresh: nowhere }),
      store: () => ({ get: nowhere, set: nowhere, delete: nowhere, entries: nowhere as never }),
      emit: nothing,
      logCatalogue: nowhere,
      ok: nothing,
      degraded: nothing,
      defer: nothing,
    });
    return describePlugin(definition, definition.capabilities(config), declared);
  }
}

async function pluginOf({ entry }: Pick<PluginSource, 'entry'>): Promise<unknown> {
  return ((await import(/* @vite-ignore */ entry)) as { readonly default?: unknown }).default;
}
