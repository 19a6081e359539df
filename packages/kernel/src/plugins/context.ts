import type { AbsolutePath, Command, PluginContext } from '@stormpulse/plugin-api';
import { effectWithin } from '@stormpulse/plugin-api';
import type { Capabilities, CollectorHandle, Collector, Exec, Infer, TSchema } from '@stormpulse/plugin-api';
import {
  GrantCommands,
  GrantExec,
  PluginContribution,
  PluginLateRegistration,
  commandDefinition,
} from '@stormpulse/plugin-api/internal';
import type { CollectorDefinition } from '@stormpulse/plugin-api/internal';
import type { Ports } from '../ports.ts';
import type { PluginInstance } from './plugin-instance.ts';
import { nameCommand } from './registry.ts';

/** Builds what a plugin holds of the agent; its identity is closed over here, nowhere ambient. */
export function createContext(
  instance: PluginInstance,
  config: unknown,
  capabilities: Capabilities,
  ports: Ports,
): PluginContext<unknown> {
  const { logger, signal } = instance;
  return Object.freeze({
    config,
    logger,
    signal,
    exec: grantedExec(instance, capabilities, ports),
    commands: {
      register: (...commands: readonly Command[]) => commands.forEach((command) => addCommand(instance, capabilities, command)),
      leaveOut: (omission) => {
        assertOpen(instance, `the omission of "${omission.command}"`);
        instance.leftOut.push({ plugin: instance.name, ...omission });
      },
    },
    collectors: { register: <S extends TSchema>(collector: Collector<S>) => addCollector(instance, collector, ports) },
    health: {
      ok: () => instance.become('ready'),
      degraded: (reason: string) => instance.become('degraded', reason.slice(0, 500)),
    },
    lifecycle: {
      onStart: (start) => {
        assertOpen(instance, 'onStart');
        instance.starts.push(start);
      },
      defer: (release) => instance.scope.defer('a release of the plugin', () => releaseOf(release)),
    },
  } satisfies PluginContext<unknown>);
}

function assertOpen(instance: PluginInstance, contribution: string): void {
  if (!instance.open) throw PluginLateRegistration({ plugin: instance.name, contribution });
}

function addCommand(instance: PluginInstance, capabilities: Capabilities, command: Command): void {
  assertOpen(instance, `command "${command.id}"`);
  const definition = commandDefinition(command);
  if (definition === undefined) {
    throw PluginContribution({
      plugin: instance.name,
      contribution: `command "${command.id}"`,
      problem: 'it was not made by subprocess(), handler() or job()',
    });
  }
  if (!effectWithin(definition.effect, capabilities.commands)) {
    throw GrantCommands({ plugin: instance.name, command: definition.id, effect: definition.effect });
  }
  const { mode } = definition;
  if (mode.kind === 'subprocess' && !granted(capabilities, mode.file))
    throw GrantExec({ plugin: instance.name, file: mode.file });
  const registered = nameCommand(instance.name, instance.entry.firstParty, definition);
  if (instance.commands.some((other) => other.wireName === registered.wireName)) {
    throw PluginContribution({
      plugin: instance.name,
      contribution: `command "${definition.id}"`,
      problem: 'the id is used twice',
    });
  }
  instance.commands.push(registered);
}

function addCollector<S extends TSchema>(
  instance: PluginInstance,
  collector: Collector<S>,
  ports: Ports,
): CollectorHandle<Infer<S>> {
  assertOpen(instance, `collector "${collector.id}"`);
  const definition = collector.spec as unknown as CollectorDefinition;
  if (definition.v1Metrics !== undefined && !instance.entry.firstParty) {
    throw PluginContribution({
      plugin: instance.name,
      contribution: `collector "${collector.id}"`,
      problem: 'v1Metrics is for first-party plugins',
    });
  }
  const { handle, remove } = ports.collectors.add(instance.name, definition, (error) => {
    if (error === undefined) instance.become('ready');
    else instance.become('degraded', error.message);
  });
  if (definition.refresh !== undefined) instance.refreshable.push(definition);
  instance.scope.defer(`collector "${collector.id}"`, remove);
  return handle;
}

function granted(capabilities: Capabilities, file: string): boolean {
  return capabilities.exec?.some((allowed) => allowed === file) ?? false;
}

function grantedExec(instance: PluginInstance, capabilities: Capabilities, ports: Ports): Exec {
  return async (file: AbsolutePath, args, options = {}) => {
    if (!granted(capabilities, file)) throw GrantExec({ plugin: instance.name, file });
    const signal = options.signal === undefined ? instance.signal : AbortSignal.any([instance.signal, options.signal]);
    return await ports.runner.exec(file, args, { ...options, signal });
  };
}

async function releaseOf(release: AsyncDisposable | Disposable | (() => void | Promise<void>)): Promise<void> {
  if (typeof release === 'function') await release();
  else if (Symbol.asyncDispose in release) await release[Symbol.asyncDispose]();
  else release[Symbol.dispose]();
}
