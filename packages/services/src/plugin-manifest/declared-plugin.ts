import type { CommandTable, RegisteredCommand } from '@stormpulse/kernel';
import type { Capabilities } from '@stormpulse/plugin-api';
import { confirmOf, describePlugin } from '@stormpulse/plugin-api/internal';
import type { AnyPluginDefinition, Contributions } from '@stormpulse/plugin-api/internal';
import { specDigest } from '@stormpulse/protocol';
import type { DeclaredPlugin, PluginCommand, ProtocolCrypto } from '@stormpulse/protocol';
import { formField } from './form-field.ts';

/** What one setup left, as the kernel tells it. */
export interface SetUpPlugin {
  readonly definition: AnyPluginDefinition;
  readonly capabilities: Capabilities;
  readonly contributions: Contributions;
}

/**
 * A plugin as a hub is told of it: of its commands those that the table offers, and nothing of what runs: no argv, no environment, no
 * path of a log, no default of a secret.
 */
export function declaredPlugin(
  { definition, capabilities, contributions }: SetUpPlugin,
  commands: CommandTable,
  crypto: ProtocolCrypto,
): DeclaredPlugin {
  const { name, version, apiVersion, description, configSchema, ...told } = describePlugin(
    definition,
    capabilities,
    contributions,
  );
  const { consumeLogs, ...asked } = told.capabilities;
  const offered = commands.names.flatMap((wireName) => commands.get(wireName) ?? []);
  return {
    name,
    version,
    api_version: apiVersion,
    description,
    capabilities: plain({ ...asked, consume_logs: consumeLogs }) as DeclaredPlugin['capabilities'],
    config_schema: plain(withoutSecretDefaults(configSchema['x-stands-for'] ?? configSchema)) as DeclaredPlugin['config_schema'],
    commands: offered.filter(({ plugin }) => plugin === name).map((command) => toldCommand(command, crypto)),
    collectors: told.collectors.map(({ id, gauges }) => ({ id, gauges })),
    log_sources: told.sources.map(({ id, parser }) => ({ id, parser })),
    parsers: [...told.parsers],
    enrichers: [...told.enrichers],
    listeners: [...told.listeners],
    probes: told.probes.map(({ id }) => id),
    investigations: told.investigations.map(({ id, title }) => ({ id, title })),
  };
}

function toldCommand({ wireName, definition, manifest }: RegisteredCommand, crypto: ProtocolCrypto): PluginCommand {
  const { title, description, effect, params } = definition;
  return {
    name: wireName,
    spec: specDigest(crypto, manifest),
    title,
    ...(description === undefined ? {} : { description }),
    effect,
    confirm: confirmOf(definition),
    params: Object.fromEntries(
      Object.entries(params.properties).map(([name, schema]) => [
        name,
        formField(schema, params.required?.includes(name) === true),
      ]),
    ),
  };
}

/** As it will be on the wire: keys without a value are not there. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function withoutSecretDefaults(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(withoutSecretDefaults);
  const isSecret = (schema as { 'x-secret'?: unknown })['x-secret'] === true;
  const kept = Object.entries(schema).filter(([key]) => !isSecret || key !== 'default');
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutSecretDefaults(value)]));
}
