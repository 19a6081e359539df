import { Type, definePlugin, handler, job } from '@stormpulse/sdk';

const rest = { effect: 'read', params: Type.Object({}), result: Type.String() } as const;

/** Its commands end when they are told to, and no sooner. */
export default definePlugin({
  name: 'waits',
  version: '1.0.0',
  apiVersion: '1.0',
  description: 'For tests.',
  configSchema: Type.Object({}),
  capabilities: () => ({ exec: ['/bin/sleep'], commands: 'read' }),
  setup({ commands }) {
    commands.register(
      handler({
        id: 'process',
        title: 'Wait for a process',
        timeout: '30s',
        ...rest,
        run: async ({ exec, signal }) => (await exec('/bin/sleep', ['600'], { signal })).stdout,
      }),
      job({
        id: 'end',
        title: 'Wait for the end',
        timeout: '30s',
        ...rest,
        run: async ({ signal }) =>
          await new Promise((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }),
          ),
      }),
      job({
        id: 'later',
        title: 'Wait for a process, and again after a restart',
        timeout: '30s',
        resumable: true,
        ...rest,
        run: async ({ exec, signal }) => (await exec('/bin/sleep', ['600'], { signal })).stdout,
      }),
    );
  },
});
