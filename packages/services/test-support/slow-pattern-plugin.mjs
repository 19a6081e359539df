// A plugin whose parameter would keep whoever matches it busy, for tests of where that is found.
import { Type, definePlugin, handler } from '@stormpulse/plugin-api';

export default definePlugin({
  name: 'slow',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'Has one command.',
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
