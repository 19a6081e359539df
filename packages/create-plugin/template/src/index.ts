import { Type, definePlugin } from '@stormpulse/sdk';
import { greetings } from './collectors/greetings.ts';
import { greet } from './commands/greet.ts';
import { configSchema } from './config.ts';

export default definePlugin({
  name: '{{name}}',
  version: '0.1.0',
  apiVersion: '1.0',
  description: '{{description}}',
  configSchema,
  // What it asks the operator for. Nothing else of the host is reached through ctx.
  capabilities: () => ({ commands: 'read' }),
  // Synchronous, no I/O: it declares, the agent does.
  setup({ config, commands, collectors, storage }) {
    const store = storage.open('greetings', Type.Integer());
    const count = async (): Promise<number> => (await store.get('total')) ?? 0;
    const state = collectors.register(greetings(count));
    commands.register(
      greet(config.greeting, async () => {
        await store.set('total', (await count()) + 1);
        await state.refresh();
      }),
    );
  },
});
