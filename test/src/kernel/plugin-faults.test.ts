import { afterEach, describe, expect, test } from 'vitest';
import { Type, collector, definePlugin, handler } from '@stormpulse/plugin-api';
import type { Plugin } from '@stormpulse/plugin-api';
import { startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

let rig: Rig;
afterEach(() => rig.close());

const V1 = {
  cpu_percent: 1,
  memory_percent: 1,
  memory_used_mb: 1,
  memory_total_mb: 1,
  disk_percent: 1,
  disk_used_gb: 1,
  disk_total_gb: 1,
  load_avg_1m: 1,
  load_avg_5m: 1,
  uptime_seconds: 1,
};

type Parts = Partial<{
  readonly key: () => string;
  readonly run: (signal: AbortSignal) => Promise<string>;
  readonly onStart: () => Promise<void>;
}>;

/** One write command with a secret parameter. */
function plugin({ key, run = () => Promise.resolve('done'), onStart }: Parts): Plugin {
  return definePlugin({
    name: 'odd',
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'For tests.',
    configSchema: Type.Object({}),
    capabilities: () => ({ commands: 'write' }),
    setup({ commands, lifecycle }) {
      if (onStart !== undefined) lifecycle.onStart(onStart);
      commands.register(
        handler({
          id: 'work',
          title: 'Work',
          effect: 'write',
          timeout: '600s',
          params: Type.Object({ token: Type.Optional(Type.String({ 'x-secret': true })) }),
          result: Type.String(),
          ...(key === undefined ? {} : { serializeBy: key }),
          run: ({ signal }) => run(signal),
        }),
      );
    },
  });
}

const results = (): unknown[] => rig.sent('command.result').map(({ request_id, failure_reason }) => [request_id, failure_reason]);

describe("a plugin's fault is the plugin's own", () => {
  test('one whose serializeBy throws: the command is answered, does not run, and the agent lives on', async () => {
    let ran = 0;
    const key = (): never => {
      throw new Error('no key for canary-7f3a');
    };
    const run = (): Promise<string> => Promise.resolve(`${(ran += 1)}`);
    rig = await startRig({ plugin: plugin({ key, run }) });
    await rig.deliver(rig.request('odd_work', { token: 'canary-7f3a' }, { id: 'r1' }));
    expect(results()).toEqual([['r1', 'os_error']]);
    expect(JSON.stringify([rig.sent('command.result'), rig.log])).not.toContain('canary');
    expect(ran).toBe(0);
  });

  test('SEC-116: a secret at the very end of a cut error text is not half told', async () => {
    const run = (): Promise<never> => Promise.reject(new Error(`${'x'.repeat(475)}canary-7f3a`));
    rig = await startRig({ plugin: plugin({ run }) });
    await rig.deliver(rig.request('odd_work', { token: 'canary-7f3a' }));
    expect(JSON.stringify(rig.sent('command.result'))).not.toContain('cana');
  });

  test('one that failed to start says so to the hub and in status, also after its release', async () => {
    const odd = plugin({ onStart: () => Promise.reject(new Error('no such socket')) });
    rig = await startRig({
      plugin: odd,
      kernel: {
        plugins: [
          { name: 'odd', load: () => Promise.resolve(odd), config: {}, firstParty: true, grants: 'all', startup: 'disable' },
        ],
      },
    });
    expect(rig.kernel.status.plugins).toEqual([
      { name: 'odd', state: 'failed', reason: expect.stringContaining('no such socket') as string, code: 'E_PLUGIN_START' },
    ]);
    expect(rig.kernel.status.commands).toEqual([]);
  });
});

describe('a handler that took too long', () => {
  test('D7: keeps its key until what it began has ended, and is answered as timed out', async () => {
    const ends: (() => void)[] = [];
    const run = (): Promise<string> => new Promise((resolve) => ends.push(() => resolve('late')));
    rig = await startRig({ plugin: plugin({ run }) });
    await rig.deliver(rig.request('odd_work', {}, { id: 'r1' }));
    await rig.deliver(rig.request('odd_work', {}, { id: 'r2' }));
    await rig.clock.advance(600_000);
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await rig.clock.advance(1);
    expect(ends).toHaveLength(2);
    expect(results()).toEqual([['r1', 'timeout']]);
    ends[1]?.();
  });

  test('is not waited for longer than its processes have to end', async () => {
    let started = 0;
    const run = (): Promise<string> => {
      started += 1;
      return started === 1 ? new Promise(() => undefined) : Promise.resolve('done');
    };
    rig = await startRig({ plugin: plugin({ run }) });
    await rig.deliver(rig.request('odd_work', {}, { id: 'r1' }));
    await rig.deliver(rig.request('odd_work', {}, { id: 'r2' }));
    await rig.clock.advance(606_000);
    expect(results()).toEqual([
      ['r1', 'timeout'],
      ['r2', null],
    ]);
  });
});

describe('what cannot be written as JSON', () => {
  test('is told in the log, and the connection stays', async () => {
    const odd = definePlugin({
      name: 'figures',
      version: '1.0.0',
      apiVersion: '1.0',
      description: 'For tests.',
      configSchema: Type.Object({}),
      capabilities: () => ({}),
      setup({ collectors }) {
        collectors.register(
          collector({
            id: 'host',
            every: 'push',
            state: Type.Any(),
            collect: () => Promise.resolve({ n: 1n }),
            v1Metrics: () => V1,
          }),
        );
      },
    });
    rig = await startRig({
      plugin: odd,
      onMessage: (message, link) =>
        message['type'] === 'register' &&
        link.deliver(
          JSON.stringify({
            v: 1,
            type: 'register.ok',
            id: 'a',
            ts: '2026-01-01T12:00:00.000000Z',
            agent_id: 'node-7',
            payload: { features: ['plugin.state'] },
          }),
        ),
    });
    await rig.clock.advance(31_000);
    expect(rig.sent('heartbeat')).toHaveLength(2);
    expect(rig.log.some(({ level, message }) => level === 'error' && message.includes('telemetry'))).toBe(true);
  });
});

describe('closing', () => {
  test('what still waits does not start, and is answered', async () => {
    const started: AbortSignal[] = [];
    const run = (signal: AbortSignal): Promise<never> => {
      started.push(signal);
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    };
    rig = await startRig({ plugin: plugin({ run }) });
    await rig.deliver(rig.request('odd_work', {}, { id: 'runs' }));
    await rig.deliver(rig.request('odd_work', {}, { id: 'waits' }));
    await rig.deliver(rig.sequence(['odd_work', 'odd_work'], false));
    const closing = rig.kernel.close();
    await rig.clock.advance(30_000);
    await closing;
    expect(started).toHaveLength(1);
    expect(results()).toEqual([
      ['runs', 'interrupted'],
      ['waits', 'cancelled'],
      [expect.any(String), 'cancelled'],
    ]);
  });

  test('what still waits does not start within the grace either: it would be cut off in the middle', async () => {
    const ends: (() => void)[] = [];
    const run = (): Promise<string> => new Promise((resolve) => ends.push(() => resolve('done')));
    rig = await startRig({ plugin: plugin({ run }) });
    await rig.deliver(rig.request('odd_work', {}, { id: 'runs' }));
    await rig.deliver(rig.request('odd_work', {}, { id: 'waits' }));
    const closing = rig.kernel.close();
    ends[0]?.();
    await rig.clock.advance(3_000);
    await closing;
    expect(ends).toHaveLength(1);
    expect(results()).toEqual([
      ['runs', null],
      ['waits', 'cancelled'],
    ]);
  });

  test('a sequence that runs takes no further step once it was cancelled', async () => {
    let started = 0;
    const run = (signal: AbortSignal): Promise<never> => {
      started += 1;
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    };
    rig = await startRig({ plugin: plugin({ run }) });
    await rig.deliver(rig.sequence(['odd_work', 'odd_work'], false));
    const closing = rig.kernel.close();
    await rig.clock.advance(30_000);
    await closing;
    expect(started).toBe(1);
    expect(rig.sent('command.result')).toHaveLength(1);
  });

  test('a nonce store that cannot be closed is told in the log and ends nothing else', async () => {
    rig = await startRig({
      nonces: {
        claim: () => Promise.resolve(undefined),
        close: () => {
          throw new Error('disk I/O error');
        },
      },
    });
    await rig.kernel.close();
    expect(rig.log.some(({ level, message }) => level === 'error' && message.includes('nonce store'))).toBe(true);
  });

  test('a nonce store that throws is a refusal, and the agent lives on', async () => {
    rig = await startRig({ nonces: { claim: () => Promise.reject(new Error('a bug')), close: () => undefined } });
    await rig.deliver(rig.request('demo_mark'));
    expect(rig.runner.calls).toEqual([]);
    expect(rig.kernel.status.refusals).toEqual({ unspecified: 1 });
  });

  test('results nobody took are told when the agent ends', async () => {
    rig = await startRig();
    await rig.deliver(rig.request('demo_mark'));
    await rig.kernel.close();
    expect(rig.log).toContainEqual(expect.objectContaining({ level: 'info', fields: { waiting: 1, lost: 0 }, name: 'kernel' }));
  });
});

test('what one part of a plugin stands in the way of is not gone because another part is well again', async () => {
  let isThere = false;
  const told: { degraded?: (reason: string) => void; ok?: () => void; read?: () => Promise<unknown> } = {};
  const State = Type.Null();
  rig = await startRig({
    plugin: definePlugin({
      name: 'odd',
      version: '1.0.0',
      apiVersion: '1.0',
      description: 'For tests.',
      configSchema: Type.Object({}),
      capabilities: () => ({}),
      setup({ collectors, health }) {
        const collect = () => (isThere ? Promise.resolve(null) : Promise.reject(new Error('not there')));
        const handle = collectors.register(collector({ id: 'it', every: '1h', state: State, collect, v1Metrics: () => V1 }));
        Object.assign(told, health, { read: () => handle.refresh().catch(() => undefined) });
      },
    }),
  });
  const standing = (): unknown => {
    const [{ state, reason } = { state: 'gone', reason: undefined }] = rig.kernel.status.plugins;
    return [state, reason];
  };
  await told.read?.();
  expect(standing()).toEqual(['degraded', expect.stringContaining('not there')]);
  told.degraded?.('its engine is away');
  isThere = true;
  await told.read?.();
  expect(standing()).toEqual(['degraded', 'its engine is away']);
  told.ok?.();
  expect(standing()).toEqual(['ready', undefined]);
});
