import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Check } from '@sinclair/typebox/value';
import type { Acceptance, ProcessOutcome } from '@stormpulse/kernel';
import { CommandFailed, Type, collector, definePlugin, handler, job, subprocess } from '@stormpulse/plugin-api';
import { PAYLOAD_SCHEMAS } from '@stormpulse/protocol';
import { openNonceStore } from '@stormpulse/services';
import { createMemoryJobStore, createMemoryLogger } from '@stormpulse/testing';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { AGENT, startRig } from './agent-fixture.ts';
import type { Rig } from './agent-fixture.ts';

type Run = NonNullable<NonNullable<Parameters<typeof startRig>[0]>['run']>;
type Work = (signal: AbortSignal) => Promise<string>;

const page = readFileSync(new URL('../../../docs/reference/command-results.md', import.meta.url), 'utf8');
const ROWS = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
  .map(([, situation = '', results = '', ...told]) => ({ id: situation.split(':')[0] ?? '', situation, results, told }));

let rig: Rig;
afterEach(() => rig.close());

const EXITED: ProcessOutcome = { kind: 'exited', exitCode: 0, stdout: '', stderr: '', durationMs: 1, truncated: false };
const ends =
  (how: Partial<ProcessOutcome>): Run =>
  () =>
    Promise.resolve({ ...EXITED, ...how });
const never = (): Promise<never> => new Promise(() => undefined);

/** `odd_run` and `odd_needy` are processes, `odd_work` is a function; all write, so they share one key. `odd_job` is a job. */
function plugin(work: Work, notLive = false): Parameters<typeof startRig>[0] {
  const word = Type.String({ pattern: '^[a-z]+$' });
  const base = { effect: 'write', timeout: '60s', title: 'x' } as const;
  const working = {
    ...base,
    params: Type.Object({}),
    result: Type.String(),
    run: ({ signal }: { signal: AbortSignal }) => work(signal),
  };
  const process = { ...base, file: '/bin/odd', argv: () => [] } as const;
  return {
    plugin: definePlugin({
      name: 'odd',
      version: '1.0.0',
      apiVersion: '1.0',
      description: 'For tests.',
      configSchema: Type.Object({}),
      capabilities: () => ({ exec: ['/bin/odd'], commands: 'write' }),
      setup({ commands, collectors, lifecycle }) {
        commands.register(
          subprocess({ ...process, id: 'run', params: Type.Object({ word: Type.Optional(word) }) }),
          subprocess({ ...process, id: 'needy', params: Type.Object({ word }) }),
          handler({ ...working, id: 'work' }),
          job({ ...working, id: 'job', lease: '30s', ceiling: 1 }),
        );
        const collect = (): Promise<string> => work(new AbortController().signal);
        collectors.register(collector({ id: 'state', every: '1h', state: Type.String(), refresh: true, collect }));
        if (notLive) lifecycle.onStart(() => Promise.reject(new Error('no token')));
      },
    }),
  };
}

const start = async (run: Run = ends({}), work: Work = () => Promise.resolve('done'), more: object = {}): Promise<void> => {
  rig = await startRig({ ...plugin(work), run, ...more });
};
const send = (command: string, params: Record<string, string> = {}): Promise<void> =>
  rig.deliver(rig.request(command, params, { id: 'asked' }));
const whenRun = (run: Run) => async (): Promise<void> => {
  await start(run);
  await send('odd_run');
};
const whenWorking = (work: Work) => async (): Promise<void> => {
  await start(undefined, work);
  await send('odd_work');
};
const whenJob = (work: Work) => async (): Promise<void> => {
  await start(undefined, work);
  await send('odd_job');
};
const steps = (run: Run, commands: string[], stop: boolean) => async (): Promise<void> => {
  await start(run);
  await rig.deliver(rig.sequence(commands, stop));
};
/** Something of the same key runs when the agent is told to stop, and `before` or `after` that a frame comes. */
const whileStopping = (when: 'before' | 'after', frame: () => string) => async (): Promise<void> => {
  await start(undefined, never);
  await rig.deliver(rig.request('odd_work', {}, { id: 'other' }));
  if (when === 'before') await rig.deliver(frame());
  void rig.kernel.close();
  if (when === 'after') await rig.deliver(frame());
  await rig.clock.advance(30_000);
};
const nameCancel = (): Promise<void> =>
  rig.deliver(
    JSON.stringify({
      v: 1,
      type: 'register.ok',
      id: 'x',
      ts: '2026-01-01T12:00:00Z',
      agent_id: AGENT,
      payload: { features: ['command.cancel'] },
    }),
  );
/** An agent that accepted this was killed; the next one starts on its database. */
const afterKill = (acceptance: Acceptance) => async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'killed-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  let nowMs = Date.UTC(2026, 0, 1);
  const logger = createMemoryLogger([])('nonces');
  const open = () =>
    openNonceStore({ path: join(folder, 'stormpulse.db'), clock: { now: () => nowMs }, maxAgeSeconds: 60, logger });
  const killed = open();
  nowMs += 10_000;
  expect(await killed.claim('n1', BigInt(nowMs) * 1_000n, nowMs, acceptance)).toBeUndefined();
  killed.close();
  const nonces = open();
  await start(undefined, undefined, { nonces, resultStore: nonces.results });
};
const asked = (): string => rig.request('odd_run', {}, { id: 'asked' });

const SITUATIONS: Readonly<Record<string, () => Promise<void>>> = {
  unverified: async () => {
    await start();
    await rig.deliver(rig.request('odd_run', {}, { id: 'asked', hmac: '0'.repeat(64) }));
  },
  unlisted: async () => {
    await start();
    await send('odd_other');
  },
  param_unknown: async () => {
    await start();
    await send('odd_work', { word: 'x' });
  },
  param_refused: async () => {
    await start();
    await send('odd_run', { word: '-x' });
  },
  param_missing: async () => {
    await start();
    await send('odd_needy');
  },
  exit_0: whenRun(ends({})),
  exit_3: whenRun(ends({ exitCode: 3 })),
  killed: whenRun(ends({ exitCode: -9 })),
  timeout: whenRun(ends({ kind: 'timeout', exitCode: -1 })),
  not_found: whenRun(ends({ kind: 'not_found', exitCode: -1 })),
  os_error: whenRun(ends({ kind: 'os_error', exitCode: -1 })),
  program_opened: async () => {
    let problem: { reason: 'writable_program'; problem: string; fix: string } | undefined;
    await start(undefined, undefined, { programs: { problemWith: () => problem } });
    problem = { reason: 'writable_program', problem: '/bin/odd can be changed', fix: 'chmod' };
    await send('odd_run');
  },
  handler_ok: whenWorking(() => Promise.resolve('done')),
  handler_threw: whenWorking(() => Promise.reject(new Error('broken'))),
  handler_wrong: whenWorking(() => Promise.resolve(7 as unknown as string)),
  handler_timeout: async () => {
    await whenWorking(never)();
    await rig.clock.advance(70_000);
  },
  queue_full: async () => {
    await start(undefined, never);
    for (let sent = 0; sent < 65; sent += 1) await rig.deliver(rig.request('odd_work', {}, { id: `other-${sent}` }));
    await send('odd_run');
  },
  stop_running: async () => {
    await whenWorking(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
    )();
    void rig.kernel.close();
    await rig.clock.advance(30_000);
  },
  stop_waiting: whileStopping('before', asked),
  stop_late: whileStopping('after', asked),
  runner_odd: whenRun(() => Promise.resolve({ kind: 'exited' } as unknown as ProcessOutcome)),
  runner_hangs: async () => {
    await whenRun(never)();
    await rig.clock.advance(80_000);
  },
  steps_good: steps(ends({}), ['odd_run', 'odd_work'], true),
  steps_stop: steps(ends({ exitCode: 3 }), ['odd_run', 'odd_run'], true),
  steps_go_on: steps(ends({ exitCode: 3 }), ['odd_run', 'odd_run'], false),
  steps_default: steps(ends({}), ['odd_needy', 'odd_run'], true),
  steps_unlisted: steps(ends({}), ['odd_run', 'odd_other', 'odd_third'], false),
  steps_none: steps(ends({}), [], true),
  steps_waiting: whileStopping('before', () => rig.sequence(['odd_run', 'odd_run'])),
  steps_late: whileStopping('after', () => rig.sequence(['odd_run', 'odd_run'])),
  audit_fault: async () => {
    await start(undefined, undefined, { audit: { append: () => Promise.reject(new Error('full')), note: () => undefined } });
    await send('odd_run');
  },
  cancelled: async () => {
    await start(undefined, never);
    await nameCancel();
    await send('odd_work');
    await rig.deliver(rig.request('agent_cancel', { request_id: 'asked' }, { id: 'other' }));
    await rig.clock.advance(10_000);
  },
  cancel_nothing: async () => {
    await start();
    await nameCancel();
    await rig.deliver(rig.request('agent_cancel', { request_id: 'gone' }, { id: 'asked' }));
  },
  interrupted: afterKill({ requestId: 'asked', sequenceId: null, steps: [{ command: 'odd_run', group: 'odd' }] }),
  steps_interrupted: afterKill({
    requestId: 'asked',
    sequenceId: 'deploy-1',
    steps: ['odd_run', 'odd_work'].map((command) => ({ command, group: 'odd' })),
  }),
  job_ok: whenJob(() => Promise.resolve('done')),
  job_threw: whenJob(() => Promise.reject(new Error('broken'))),
  job_reason: whenJob(() => Promise.reject(CommandFailed({ reason: 'partial_failure', message: '3 of 5' }))),
  job_lease: async () => {
    await whenJob(never)();
    await rig.clock.advance(40_000);
  },
  job_ceiling: async () => {
    await start(undefined, never);
    await rig.deliver(rig.request('odd_job', {}, { id: 'other' }));
    await send('odd_job');
  },
  job_interrupted: async () => {
    const jobs = createMemoryJobStore();
    jobs.add({ requestId: 'asked', command: 'odd_job', group: 'odd', sequenceId: null, spec: '' });
    await start(undefined, undefined, { jobs });
  },
  refresh_ok: async () => {
    await start();
    await send('odd_refresh');
  },
  refresh_failed: async () => {
    await start(undefined, () => Promise.reject(new Error('broken')));
    await send('odd_refresh');
  },
  refresh_not_live: async () => {
    const odd = plugin(never, true)?.plugin;
    const entry = {
      name: 'odd',
      load: () => Promise.resolve(odd),
      config: {},
      firstParty: true,
      grants: 'all',
      startup: 'disable',
    };
    await start(undefined, never, { kernel: { plugins: [entry] } });
    await send('odd_refresh');
  },
};

/** The acceptance cases that rows are. */
const CASES: Readonly<Record<string, string>> = {
  unlisted: 'F2',
  param_unknown: 'F3',
  param_refused: 'F4',
  param_missing: 'F12',
  exit_0: 'F1',
  exit_3: 'F7',
  killed: 'F8 SEC-127',
  timeout: 'F9 SEC-127',
  not_found: 'F10 SEC-127',
  os_error: 'SEC-127',
  program_opened: 'SEC-100',
  steps_good: 'F21',
  steps_stop: 'F22',
  steps_go_on: 'F22',
  steps_unlisted: 'F23',
  steps_none: 'F24',
  audit_fault: 'SEC-240',
  interrupted: 'SEC-069',
  steps_interrupted: 'SEC-069',
  job_threw: 'F27',
  job_ceiling: 'F26',
  refresh_ok: 'F31',
  refresh_failed: 'F31',
  refresh_not_live: 'F31',
};

describe('docs/reference/command-results.md', () => {
  test('has a row for each situation, and no other', () => {
    expect(ROWS.map(({ id }) => id)).toEqual(Object.keys(SITUATIONS));
    rig = { close: () => Promise.resolve() } as Rig;
  });

  const rows = ROWS.map((row) => [`${CASES[row.id] ?? ''} ${row.situation}`.trim(), row] as const);
  test.each(rows)('%s', async (_title, { id, results, told }) => {
    await SITUATIONS[id]?.();
    const ours = rig.sent('command.result').filter((result) => !String(result['request_id']).startsWith('other'));
    await rig.clock.advance(1_000);
    const events = rig
      .sent('events.batch')
      .flatMap((batch) => (batch['events'] as Record<string, unknown>[]).map(({ kind }) => kind))
      .filter((kind) => kind !== 'reconnect');
    expect(ours).toHaveLength(results === 'none' ? 0 : Number(results));
    const [success, exitCode, reason, group, event] = told;
    expect(events).toEqual(event === 'none' ? [] : [event]);
    for (const result of ours) {
      expect(Check(PAYLOAD_SCHEMAS['command.result'], result)).toBe(true);
      expect(result).toMatchObject({
        success: success === 'yes',
        exit_code: Number(exitCode),
        failure_reason: reason === 'none' ? null : reason,
        group: group === 'own' ? 'odd' : group,
        sequence_id: id.startsWith('steps_') ? 'deploy-1' : null,
      });
      if (!id.startsWith('steps_')) expect(result['request_id']).toBe('asked');
    }
    if (id.startsWith('steps_')) expect(new Set(ours.map((result) => result['request_id'])).size).toBe(ours.length);
  });
});
