import { Kind } from '@sinclair/typebox';
import { definePlugin } from '@stormpulse/plugin-api';
import type { Logger, PluginContext } from '@stormpulse/plugin-api';
import { commandDefinition, commandOf, definitionOf } from '@stormpulse/plugin-api/internal';
import type { CommandDefinition } from '@stormpulse/plugin-api/internal';
import type { InAgentPlugin } from './in-agent.ts';
import type { LoopMark } from './loop-mark.ts';

type AnyFunction = (...args: readonly unknown[]) => unknown;
type Within = <T>(work: () => T) => T;

/**
 * A plugin that runs in the agent itself: each of its functions is marked while the loop is in it, and what it lets fall, or writes to its
 * log without end, is its own. What is no plugin stays what it is.
 */
export function inKernel(name: string, plugin: unknown, own: InAgentPlugin, mark: LoopMark | undefined): unknown {
  const definition = definitionOf(plugin);
  if (definition === undefined) return plugin;
  const told = <T>(work: () => T): T => (mark === undefined ? work() : mark.within(name, work));
  const called: Within = (work) => own.call(() => told(work));
  const run: Within = (work) => own.run(() => told(work));
  return definePlugin({
    ...(definition as Parameters<typeof definePlugin>[0]),
    capabilities: (config) => run(() => definition.capabilities(config)),
    setup(ctx) {
      own.attach(ctx);
      return run(() => definition.setup(markedContext(ctx as PluginContext<unknown>, own, called, run))) as void;
    },
  });
}

/** What a plugin declares is what the agent calls: that is marked as it is declared. */
function markedContext(ctx: PluginContext<unknown>, own: InAgentPlugin, called: Within, run: Within): PluginContext<unknown> {
  const marked = <T>(value: T): T => markedFunctions(value, called);
  const { commands, collectors, wizard, logs, events, health, lifecycle } = ctx;
  return Object.freeze({
    ...ctx,
    logger: own.logger(ctx.logger),
    commands: {
      ...commands,
      register: (...given) =>
        commands.register(
          ...given.map((command) => {
            const definition = commandDefinition(command);
            return definition === undefined ? command : commandOf(Object.freeze(marked(withBoundedLog(definition, own))));
          }),
        ),
      gate: (gate) => commands.gate(marked(gate)),
    },
    collectors: { register: (collector) => collectors.register({ ...collector, spec: marked(collector.spec) }) },
    wizard: { register: (one) => wizard.register({ spec: marked(one.spec) }) },
    logs: {
      ...logs,
      source: (source) => logs.source(marked(source)),
      parser: (parser) => logs.parser(marked(parser)),
      enricher: (enricher) => logs.enricher(marked(enricher)),
    },
    events: {
      emit: (event, payload) => events.emit(event, payload),
      on: (event, listener) => events.on(event, marked(listener)),
    },
    health: {
      ...health,
      probe: (probe) => health.probe(marked(probe)),
      investigation: (one) => health.investigation({ id: one.id, spec: marked(one.spec) }),
    },
    lifecycle: {
      onStart: (start) => lifecycle.onStart(marked(start)),
      defer: (release) => lifecycle.defer(typeof release === 'function' ? markedFunctions(release, run) : release),
    },
  } satisfies PluginContext<unknown>);
}

/** Its calls' logs are its log. */
function withBoundedLog(definition: CommandDefinition, own: InAgentPlugin): CommandDefinition {
  const { mode } = definition;
  if (mode.kind === 'subprocess') return definition;
  const bounded = <C extends { readonly log: Logger }>(call: C): C => ({ ...call, log: own.logger(call.log) });
  if (mode.kind === 'handler')
    return { ...definition, mode: { ...mode, run: (call: Parameters<typeof mode.run>[0]) => mode.run(bounded(call)) } };
  return { ...definition, mode: { ...mode, run: (call: Parameters<typeof mode.run>[0]) => mode.run(bounded(call)) } };
}

/** A copy with every function of it marked; schemas stay as they are. */
function markedFunctions<T>(value: T, within: Within): T {
  const copy = (one: unknown): unknown => {
    if (typeof one === 'function') return (...args: readonly unknown[]) => within(() => (one as AnyFunction)(...args));
    if (Array.isArray(one)) return one.map(copy);
    if (!isPlain(one)) return one;
    return Object.fromEntries(Object.entries(one).map(([key, item]) => [key, copy(item)]));
  };
  return copy(value) as T;
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null || Kind in value) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
