import { Type, definePlugin, handler } from '@stormpulse/sdk';

/** Its parameter would keep whoever matches it busy for longer than the sun burns. */
export default definePlugin({
  name: 'slow-pattern',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'For tests.',
  configSchema: Type.Object({}),
  capabilities: () => ({ commands: 'read' }),
  setup({ commands }) {
    commands.register(
      handler({
        id: 'look',
        title: 'Look',
        effect: 'read',
        timeout: '5s',
        params: Type.Object({ town: Type.String({ pattern: '^([a-z]+ ?)+$' }) }),
        result: Type.String(),
        run: () => Promise.resolve('seen'),
      }),
    );
  },
});
