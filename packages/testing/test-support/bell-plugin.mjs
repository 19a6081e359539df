// A plugin as a build makes one: its wizard hangs a rope up once, or, when it is restless, at each turn another one.
import { randomUUID } from 'node:crypto';
import { Type, definePlugin, wizard } from '@stormpulse/plugin-api';

export default definePlugin({
  name: 'bell',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'Rings.',
  configSchema: Type.Object({ restless: Type.Boolean({ default: false }) }),
  capabilities: () => ({}),
  setup({ config, wizard: wizards }) {
    wizards.register(
      wizard({
        title: 'Bell',
        detect: async ({ exists, folder }) => ({
          path: `${folder}/rope`,
          isThere: await exists(`${folder}/rope`),
          content: config.restless ? randomUUID() : '',
        }),
        questions: () => Type.Object({ hang: Type.Boolean({ default: true }) }),
        plan: ({ detected: { path, isThere, content } }) =>
          isThere && !config.restless ? [] : [{ kind: 'write-file', path, content, mode: 0o640 }],
      }),
    );
  },
});
