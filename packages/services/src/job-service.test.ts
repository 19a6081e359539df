import { failed } from '@stormpulse/kernel';
import type { AcceptedJob, JobService, Outcome } from '@stormpulse/kernel';
import { Type, job } from '@stormpulse/plugin-api';
import { commandDefinition, manifestEntry } from '@stormpulse/plugin-api/internal';
import type { CommandDefinition } from '@stormpulse/plugin-api/internal';
import { beforeEach, describe, expect, it } from 'vitest';
import { createJobQueue } from './work-queue/work-queue.ts';
import { createJobService } from './jobs/job-service.ts';
import type { KeptJob } from './jobs/job-store.ts';

const DONE: Outcome = { success: true, exit_code: 0, stdout: 'done', stderr: '', duration_ms: 1, failure_reason: null };

const definition = commandDefinition(
  job({
    id: 'x',
    title: 'x',
    effect: 'write',
    timeout: '1h',
    params: Type.Object({}),
    result: Type.Null(),
    run: () => Promise.resolve(null),
  }),
) as CommandDefinition;
const exec = (): Promise<never> => Promise.reject(new Error('it runs nothing'));
const manifest = manifestEntry('p_x', 'p', definition);
const gated = { command: 'p_x', plugin: 'p', effect: 'write' } as const;
const command = { exec, wireName: 'p_x', plugin: 'p', firstParty: false, group: 'p', definition, gated, manifest };
const accepted = (requestId: string): AcceptedJob => ({
  command,
  requestId,
  params: {},
  wireParams: {},
  sequenceId: null,
  keys: [{ name: 'one', places: 1 }],
});

let service: JobService;
let kept: Map<string, KeptJob>;
let events: Readonly<Record<string, unknown>>[];
let begun: string[];
beforeEach(() => {
  kept = new Map();
  events = [];
  begun = [];
  const nothing = (): void => undefined;
  service = createJobService({
    queue: createJobQueue(),
    clock: { now: () => 0, monotonic: () => 0, after: () => nothing },
    collectors: { reread: () => Promise.reject(new Error('none')) },
    events: { record: (event) => void events.push(event) },
    logger: { debug: nothing, info: nothing, warn: nothing, error: nothing },
    store: {
      all: () => [...kept.values()],
      add: (each) => void kept.set(each.requestId, each),
      save: nothing,
      has: () => false,
      forget: (id) => void kept.delete(id),
      close: nothing,
    },
  });
});

/** Runs until its signal is aborted. */
const work =
  (id: string): Parameters<JobService['run']>[2] =>
  async (_members, signal) => {
    begun.push(id);
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return failed('cancelled', `because ${String(signal.reason)}`);
  };
const told = (outcome: Outcome | undefined): string | null | undefined => {
  outcome?.afterwards?.();
  return outcome?.failure_reason;
};

describe('createJobService', () => {
  it('ends a job through the signal it was given, with its reason, and then begins the next', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const first = service.run(accepted('r1'), one.signal, work('r1'));
    const second = service.run(accepted('r2'), two.signal, work('r2'));
    expect(begun).toEqual(['r1']);
    one.abort('the hub asked');
    const outcome = await first;
    expect(outcome).toMatchObject({ failure_reason: 'cancelled', stderr: 'because the hub asked' });
    expect([...kept.keys()]).toEqual(['r1', 'r2']);
    told(outcome);
    await new Promise(setImmediate);
    expect(begun).toEqual(['r1', 'r2']);
    expect([...kept.keys()]).toEqual(['r2']);
    two.abort();
    expect(told(await second)).toBe('cancelled');
  });

  it('ends one that waits at once, without beginning it', async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const first = service.run(accepted('r1'), one.signal, work('r1'));
    const second = service.run(accepted('r2'), two.signal, work('r2'));
    two.abort();
    expect(told(await second)).toBe('cancelled');
    expect(service.counters()).toMatchObject({ pending: 1, running: 1 });
    expect([...kept.keys()]).toEqual(['r1']);
    one.abort();
    told(await first);
    await service.drain();
    expect(begun).toEqual(['r1']);
    expect(events.map(({ command_ref, status }) => [command_ref, status])).toEqual([
      ['r2', 'failed'],
      ['r1', 'failed'],
    ]);
  });

  it('keeps the record and the place of a job until its result is handed over', async () => {
    const outcome = await service.run(accepted('r1'), new AbortController().signal, () => Promise.resolve(DONE));
    await new Promise(setImmediate);
    expect([kept.size, service.counters().running]).toEqual([1, 1]);
    told(outcome);
    await new Promise(setImmediate);
    expect([kept.size, service.counters().running]).toEqual([0, 0]);
  });

  it('takes nothing once it is told to stop', async () => {
    await service.drain();
    expect(told(await service.run(accepted('r1'), new AbortController().signal, work('r1')))).toBe('agent_overloaded');
    expect([begun, [...kept]]).toEqual([[], []]);
  });
});
