import { Type, collector, definePlugin, job, subprocess } from '@stormpulse/plugin-api';
import type { Cycle, JobCall, JobSpec, Plugin } from '@stormpulse/plugin-api';

const PARAMS = Type.Object({
  bucket_id: Type.Optional(Type.String({ maxLength: 200 })),
  note: Type.Optional(Type.String({ maxLength: 200 })),
  status: Type.Optional(Type.String({ maxLength: 20 })),
  api_key: Type.Optional(Type.String({ maxLength: 200, 'x-secret': true })),
});
/** Those of a resumable job: none is secret. */
export const OPEN_PARAMS = Type.Omit(PARAMS, ['api_key']) as unknown as typeof PARAMS;
const CHECKPOINT = Type.Object({ at: Type.Integer() });
export type TestJob = JobSpec<typeof PARAMS, ReturnType<typeof Type.Unknown>, typeof CHECKPOINT>;
type Run = TestJob['run'];
type Work = JobCall<Parameters<Run>[0]['params'], { at: number }>;

/** Jobs that end when the test says so: each call waits in `open` under its request id. */
export class Doors {
  readonly open = new Map<
    string,
    { readonly call: Work; readonly end: (value?: unknown) => void; readonly fail: (error: unknown) => void }
  >();

  readonly run: Run = async (call) =>
    await new Promise((end, fail) => {
      this.open.set(call.requestId, { call, end: (value = 'ended') => end(value), fail });
      call.signal.addEventListener('abort', () => fail(call.signal.reason as Error), { once: true });
    });

  at(id: string): NonNullable<ReturnType<Doors['open']['get']>> {
    const door = this.open.get(id);
    if (door === undefined) throw new Error(`no job ${id} runs`);
    return door;
  }
}

export const V1 = {
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

/** `demo_work` as the test wants it, `demo_quota` with a ceiling of six, `demo_mark`, and what a push needs. */
export function jobPlugin(run: Run, more: Partial<TestJob> = {}, read: (cycle: Cycle<number>) => number = () => 1): Plugin {
  return definePlugin({
    name: 'demo',
    version: '1.0.0',
    apiVersion: '1.0',
    description: 'For tests.',
    configSchema: Type.Object({}),
    capabilities: () => ({ exec: ['/bin/mark'], commands: 'write' }),
    setup({ commands, collectors }) {
      const base = { title: 'x', effect: 'write', timeout: '1h', params: PARAMS, result: Type.Unknown() } as const;
      const mark = {
        id: 'mark',
        title: 'x',
        effect: 'write',
        timeout: '5s',
        params: Type.Object({}),
        file: '/bin/mark',
      } as const;
      commands.register(
        job<typeof PARAMS, TestJob['result'], typeof CHECKPOINT>({ ...base, id: 'work', checkpoint: CHECKPOINT, run, ...more }),
        job({ ...base, id: 'quota', ceiling: 6, checkpoint: CHECKPOINT, run }),
        subprocess({ ...mark, argv: () => [] }),
      );
      const collect = (cycle: Cycle<number>): Promise<number> => Promise.resolve(read(cycle));
      collectors.register(collector({ id: 'things', every: '1h', state: Type.Number(), collect, v1Metrics: () => V1 }));
    },
  });
}
