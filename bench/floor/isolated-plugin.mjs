// One of ten plugins of the bench `isolation`, named by its file.
import { basename } from 'node:path';
import { Type, definePlugin, handler } from '@stormpulse/plugin-api';

const kept = [];
const pause = (ms) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
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
      command('leak-heap', async () => {
        for (let at = 0; ; at += 1) {
          kept.push(Array.from({ length: 20_000 }, () => ({ at })));
          if (at % 20 === 0) await pause(1);
        }
      }),
      command('leak-buffers', async () => {
        for (;;) {
          kept.push(Buffer.alloc(4 * 1024 * 1024, 1));
          await pause(5);
        }
      }),
      command('throw', () => {
        setImmediate(() => {
          throw new Error('for the bench');
        });
        return pause(60_000);
      }),
    );
  },
});
