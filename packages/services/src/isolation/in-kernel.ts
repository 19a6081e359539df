import { Kind } from '@sinclair/typebox';
import { definePlugin } from '@stormpulse/plugin-api';
import type { PluginContext } from '@stormpulse/plugin-api';
import { commandDefinition, commandOf, definitionOf } from '@stormpulse/plugin-api/internal';
import type { LoopMark } from './loop-mark.ts';

type AnyFunction = (...args: readonly unknown[]) => unknown;

/** A plugin that runs in the agent itself, each of its functions marked while the loop is in it. What is no plugin stays what it is. */
export function inKernel(name: string, plugin: unknown, mark: LoopMark | undefined): unknown {
  const definition = definitionOf(plugin);
  if (definition === undefined || mark === undefined) return plugin;
  const marked = <T>(value: T): T => markedFunctions(name, value, mark);
  return definePlugin({
    ...(definition as Parameters<typeof definePlugin>[0]),
    capabilities: (config) => mark.within(name, () => definition.capabilities(config)),
    setup(ctx) {
      return mark.within(name, () => definition.setup(markedContext(ctx as PluginContext<unknown>, marked))) as void;
    },
  });
}

/** What a plugin declares is what the agent calls: that is marked as it is declared. */
function markedContext(ctx: PluginContext<unknown>, marked: <T>(value: T) => T): PluginContext<unknown> {
  const { commands, collectors, wizard, logs, events, health, lifecycle } = ctx;
  return Object.freeze({
    ...ctx,
    commands: {
      ...commands,
      register: (...given) =>
        commands.register(
          ...given.map((command) => {
            const definition = commandDefinition(command);
            return definition === undefined ? command : commandOf(Object.freeze(marked(definition)));
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
      defer: (release) => lifecycle.defer(typeof release === 'function' ? marked(release) : release),
    },
  } satisfies PluginContext<unknown>);
}

/** A copy with every function of it marked; schemas stay as they are. */
function markedFunctions<T>(name: string, value: T, mark: LoopMark): T {
  const copy = (one: unknown): unknown => {
    if (typeof one === 'function') return (...args: readonly unknown[]) => mark.within(name, () => (one as AnyFunction)(...args));
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
