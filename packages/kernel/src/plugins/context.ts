import type { Capabilities, Exec, AbsolutePath } from '@stormpulse/plugin-api';
import { effectWithin } from '@stormpulse/plugin-api';
import { GrantCommands, GrantExec, GrantGate, PluginContribution } from '@stormpulse/plugin-api/internal';
import type { CollectorDefinition, CommandDefinition, Contributions, LiveMembers } from '@stormpulse/plugin-api/internal';
import type { PluginServices } from '../plugin-ports.ts';
import type { Ports } from '../ports.ts';
import type { PluginInstance } from './plugin-instance.ts';
import { nameCommand } from './registry.ts';

/** The members of `ctx` that act, for one plugin: its identity is closed over here, nowhere ambient. */
export function liveMembers(
  instance: PluginInstance,
  capabilities: Capabilities,
  services: PluginServices,
  ports: Ports,
): LiveMembers {
  const { logger, signal } = instance;
  return {
    logger,
    signal,
    exec: grantedExec(instance, capabilities, ports),
    http: services.http,
    collector: (definition) => addCollector(instance, definition, ports),
    store: (name, schema) => services.store(name, schema),
    logCatalogue: () => services.logCatalogue(),
    emit: (event, payload) => services.emit(event, payload),
    ok: () => instance.trouble('itself'),
    degraded: (reason) => instance.trouble('itself', reason.slice(0, 500)),
    defer: (release) => instance.scope.defer('a release of the plugin', release),
  };
}

/** Takes over what setup declared. Throws `E_PLUGIN_CONTRIBUTION`, `E_GRANT_*`. */
export function adopt(instance: PluginInstance, capabilities: Capabilities, declared: Contributions, ports: Ports): void {
  const exec = grantedExec(instance, capabilities, ports);
  for (const definition of declared.commands) addCommand(instance, capabilities, definition, exec);
  if (declared.gates.length > 0 && capabilities.gate !== true) throw GrantGate({ plugin: instance.name });
  instance.gates.push(...declared.gates);
  instance.leftOut.push(...declared.omissions.map((omission) => ({ plugin: instance.name, ...omission })));
  instance.refreshable.push(...declared.collectors.filter(({ refresh }) => refresh !== undefined));
  instance.starts.push(...declared.starts);
}

function addCommand(instance: PluginInstance, capabilities: Capabilities, definition: CommandDefinition, exec: Exec): void {
  if (!effectWithin(definition.effect, capabilities.commands)) {
    throw GrantCommands({ plugin: instance.name, command: definition.id, effect: definition.effect });
  }
  const { mode } = definition;
  if (mode.kind === 'subprocess' && !granted(capabilities, mode.file))
    throw GrantExec({ plugin: instance.name, file: mode.file });
  const registered = nameCommand(
    { plugin: instance.name, firstParty: instance.entry.firstParty, isAgents: false },
    definition,
    exec,
  );
  if (instance.commands.some((other) => other.wireName === registered.wireName)) {
    throw PluginContribution({
      plugin: instance.name,
      contribution: `command "${definition.id}"`,
      problem: 'the id is used twice',
    });
  }
  instance.commands.push(registered);
}

function addCollector(instance: PluginInstance, definition: CollectorDefinition, ports: Ports) {
  if ((definition.v1Metrics ?? definition.v1Signoff) !== undefined && !instance.entry.firstParty) {
    throw PluginContribution({
      plugin: instance.name,
      contribution: `collector "${definition.id}"`,
      problem: 'v1Metrics and v1Signoff are for first-party plugins',
    });
  }
  const { handle, remove } = ports.collectors.add(instance.name, definition, (error) =>
    instance.trouble(`collector ${definition.id}`, error?.message),
  );
  instance.scope.defer(`collector "${definition.id}"`, remove);
  return handle;
}

function granted(capabilities: Capabilities, file: string): boolean {
  return capabilities.exec?.some((allowed) => allowed === file) ?? false;
}

function grantedExec(instance: PluginInstance, capabilities: Capabilities, ports: Ports): Exec {
  return async (file: AbsolutePath, args, options = {}) => {
    if (!granted(capabilities, file)) {
      const denied = GrantExec({ plugin: instance.name, file });
      ports.denials?.add(instance.name, denied);
      throw denied;
    }
    const signal = options.signal === undefined ? instance.signal : AbortSignal.any([instance.signal, options.signal]);
    return await ports.runner.exec(file, args, { ...options, signal });
  };
}
