import { Type, collector } from '@stormpulse/sdk';
import type { Collector, Infer } from '@stormpulse/sdk';
import type { EngineFacts } from '../engine/engine.ts';

export const EngineState = Type.Object({
  status: Type.Union([Type.Literal('connecting'), Type.Literal('up'), Type.Literal('down')]),
  reason: Type.Union([Type.String(), Type.Null()]),
  version: Type.Union([Type.String(), Type.Null()]),
  api: Type.Union([Type.String({ description: 'The version of the Engine API that is spoken.' }), Type.Null()]),
  platform: Type.Union([Type.String(), Type.Null()]),
});

type State = Infer<typeof EngineState>;

/** Whether the engine answers; without it a hub could not tell old state from new. */
export class EngineStanding {
  #state: State = { status: 'connecting', reason: null, version: null, api: null, platform: null };

  up({ version, api, platform }: EngineFacts): void {
    this.#state = { status: 'up', reason: null, version, api, platform };
  }

  down(reason: string): void {
    this.#state = { ...this.#state, status: 'down', reason: reason.slice(0, 500) };
  }

  collector(): Collector<typeof EngineState> {
    return collector({ id: 'engine', every: 'push', state: EngineState, collect: () => Promise.resolve(this.#state) });
  }
}
