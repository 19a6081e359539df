import { Type, definePlugin, handler } from '@stormpulse/sdk';

/** The smallest plugin: one command. */
export default definePlugin({
  name: 'hello',
  version: '0.1.0',
  apiVersion: '1.0',
  description: 'Says hello.',
  configSchema: Type.Object({}),
  capabilities: () => ({ commands: 'read' }),
  setup({ commands }) {
    commands.register(
      handler({
        id: 'say',
        title: 'Say hello',
        effect: 'read',
        timeout: '5s',
        params: Type.Object({ who: Type.String({ pattern: '^[A-Za-z]{1,20}$', default: 'world' }) }),
        result: Type.Object({ said: Type.String() }),
        run: ({ params }) => Promise.resolve({ said: `Hello, ${params.who}!` }),
      }),
    );
  },
});
