import { Type, collector } from '@stormpulse/sdk';

/** How often somebody was greeted, as state for the hub and as a gauge for its charts. */
export function greetings(count: () => Promise<number>) {
  return collector({
    id: 'greetings',
    every: '30s',
    state: Type.Object({ total: Type.Integer() }),
    collect: async () => ({ total: await count() }),
    gauges: {
      '{{name}}.greetings': { unit: '{greeting}', help: 'Greetings so far.', value: ({ total }) => total },
    },
  });
}
