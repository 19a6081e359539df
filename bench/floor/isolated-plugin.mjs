// One of ten plugins of the bench `isolation`, named by its file.
import { basename } from 'node:path';
import { Type, definePlugin, handler } from '@stormpulse/plugin-api';

const name = basename(new URL(import.meta.url).pathname, '.mjs');

export default definePlugin({
  name,
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'For the bench.',
  configSchema: Type.Object({}),
  capabilities: () => ({ commands: 'read' }),
  setup({ commands }) {
    const command = (id, run) =>
      handler({
        id,
        title: id,
        effect: 'read',
        timeout: '60s',
        params: Type.Object({ text: Type.Optional(Type.String({ maxLength: 100 })) }),
        result: Type.Unknown(),
        run,
      });
    commands.register(
      command('echo', async ({ params }) => ({ text: params.text })),
      command('pid', async () => process.pid),
      command('spin', async () => {
        for (;;);
      }),
    );
  },
});
