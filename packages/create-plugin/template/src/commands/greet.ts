import { Type, handler } from '@stormpulse/sdk';

/** Greets somebody by name, and tells `onGreeted`. */
export function greet(greeting: string, onGreeted: () => Promise<void>) {
  return handler({
    id: 'greet',
    title: 'Greet somebody',
    effect: 'read',
    timeout: '5s',
    params: Type.Object({
      who: Type.String({ pattern: '^[A-Za-z]{1,20}$', title: 'Name', examples: ['Ada'] }),
    }),
    result: Type.Object({ said: Type.String() }),
    run: async ({ params }) => {
      await onGreeted();
      return { said: `${greeting}, ${params.who}!` };
    },
  });
}
