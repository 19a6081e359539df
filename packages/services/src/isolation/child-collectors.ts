import { Errors } from '@sinclair/typebox/errors';
import { Check } from '@sinclair/typebox/value';
import type { Trigger } from '@stormpulse/plugin-api';
import type { CollectorDefinition, Contributions } from '@stormpulse/plugin-api/internal';
import { text } from './args.ts';
import type { States } from './child-members.ts';
import type { Args } from './rpc.ts';

/** One cycle: the state, and what the agent will ask of it. */
export async function collect({ collectors }: Contributions, args: Args, signal: AbortSignal, states: States): Promise<object> {
  const definition = find(collectors, args['id']);
  const { id, state: schema, gauges = {}, refresh } = definition;
  const only = args['only'] === undefined ? undefined : new Set(args['only'] as readonly string[]);
  const previous = args['previous'];
  const state = await definition.collect({ signal, previous, only, trigger: args['trigger'] as Trigger | undefined });
  if (!Check(schema, state)) return { state, unfit: Errors(schema, state).First()?.path ?? '/' };
  if (!signal.aborted) states.set(id, state);
  return {
    state,
    gauges: Object.fromEntries(Object.entries(gauges).map(([name, { value }]) => [name, quietNumber(() => value(state))])),
    ...(typeof refresh === 'function' ? { text: refresh(state) } : {}),
  };
}

export async function detect({ collectors }: Contributions, args: Args, signal: AbortSignal, _states: States): Promise<unknown> {
  const { detector } = find(collectors, args['id']);
  return await detector?.changed({ signal, previous: args['previous'] });
}

function find(collectors: readonly CollectorDefinition[], id: unknown): CollectorDefinition {
  const wanted = text(id, 'id');
  const found = collectors.find((one) => one.id === wanted);
  if (found === undefined) throw new Error(`it has no collector "${wanted}"`);
  return found;
}

/** A gauge that throws shows nothing; the state is good. */
function quietNumber(value: () => number): number | undefined {
  try {
    return value();
  } catch {
    return undefined;
  }
}
