import { Type, collector, definePlugin } from '@stormpulse/sdk';

/** What the application answers; other keys of it are left out. */
const Depth = Type.Object({
  waiting: Type.Integer({ minimum: 0 }),
  oldestSeconds: Type.Number({ minimum: 0 }),
});

/** Watches the queue of an application that tells its depth over HTTP. */
export default definePlugin({
  name: 'queue-depth',
  version: '0.1.0',
  apiVersion: '1.0',
  description: 'Watch how much waits in the queue of an application.',
  configSchema: Type.Object({
    origin: Type.String({ pattern: '^http://127\\.0\\.0\\.1:[0-9]{1,5}$', description: 'Where the application listens.' }),
    late_seconds: Type.Number({ minimum: 1, default: 300, description: 'An older entry than this is trouble.' }),
  }),
  capabilities: ({ origin }) => ({ http: [origin] }),
  setup({ config, collectors, health, http }) {
    const application = http.client(config.origin);
    const depth = collectors.register(
      collector({
        id: 'depth',
        every: '15s',
        state: Depth,
        collect: ({ signal }) => application.json({ method: 'GET', path: '/stats', signal }, Depth),
        gauges: {
          'queue-depth.waiting': { unit: '{entry}', help: 'Entries that wait.', value: ({ waiting }) => waiting },
          'queue-depth.oldest': { unit: 's', help: 'Age of the oldest.', value: ({ oldestSeconds }) => oldestSeconds },
        },
      }),
    );
    health.probe({
      id: 'flow',
      every: '1m',
      async check() {
        const waits = depth.current?.oldestSeconds ?? 0;
        if (waits > config.late_seconds) throw new Error(`the oldest entry waits for ${waits} s`);
      },
    });
  },
});
