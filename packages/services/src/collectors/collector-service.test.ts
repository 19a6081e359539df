import { Type } from '@sinclair/typebox';
import type { CollectorDefinition } from '@stormpulse/plugin-api/internal';
import type { Clock, CollectorService } from '@stormpulse/kernel';
import { beforeEach, describe, expect, it } from 'vitest';
import { createCollectorService } from './collector-service.ts';

const STATE = Type.Object({ n: Type.Integer() });
type Collect = (context: {
  readonly signal: AbortSignal;
  readonly previous: unknown;
  readonly only: ReadonlySet<string> | undefined;
}) => Promise<unknown>;

/** Timers that fire when told to. */
class Time implements Clock {
  ms = 0;
  timers: { readonly at: number; readonly fire: () => void }[] = [];

  now(): number {
    return 1_000_000 + this.ms;
  }

  monotonic(): number {
    return this.ms;
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.ms + ms, fire };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  async to(ms: number): Promise<void> {
    for (;;) {
      await turn();
      const next = this.timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > ms) break;
      this.ms = next.at;
      this.timers = this.timers.filter((timer) => timer !== next);
      next.fire();
    }
    this.ms = ms;
    await turn();
  }
}

async function turn(): Promise<void> {
  for (let at = 0; at < 4; at += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('createCollectorService', () => {
  let time: Time;
  let service: CollectorService;
  let reports: (string | undefined)[];

  beforeEach(() => {
    time = new Time();
    service = createCollectorService({ clock: time, random: () => 0.5 });
    reports = [];
  });

  const add = (collect: Collect, more: object = {}): ReturnType<CollectorService['add']> => {
    const definition = { id: 'c', state: STATE, every: '10s', collect, ...more } as unknown as CollectorDefinition;
    return service.add('p', definition, (error) => reports.push(error?.code));
  };
  const counting = (): Collect => {
    let n = 0;
    return async () => {
      n += 1;
      return await Promise.resolve({ n });
    };
  };

  it('collects soon after the start, each at its own moment, and then at its period', async () => {
    const { handle } = add(counting());
    await time.to(499);
    expect(handle.current).toBeUndefined();
    await time.to(500);
    expect(service.states()).toEqual([{ plugin: 'p', collector: 'c', state: { n: 1 }, at: 1_000_500, revision: 1 }]);
    await time.to(10_500);
    expect(service.states()).toMatchObject([{ state: { n: 2 }, at: 1_010_500, revision: 2 }]);
  });

  it('hands each cycle the state before it', async () => {
    const seen: unknown[] = [];
    add(async ({ previous }) => {
      seen.push(previous);
      return await Promise.resolve({ n: seen.length });
    });
    await time.to(20_500);
    expect(seen).toEqual([undefined, { n: 1 }, { n: 2 }]);
  });

  it('gives a reader a copy: nothing written to it comes back', async () => {
    const { handle } = add(counting());
    await time.to(500);
    (handle.current as { n: number }).n = 99;
    expect(handle.current).toEqual({ n: 1 });
  });

  it('shares one cycle among all who ask at once', async () => {
    let runs = 0;
    const { handle } = add(async () => await Promise.resolve({ n: (runs += 1) }));
    expect(await Promise.all([handle.refresh(), handle.refresh()])).toEqual([{ n: 1 }, { n: 1 }]);
    expect(await handle.refresh()).toEqual({ n: 2 });
  });

  it('runs a collector that follows the push with the push only', async () => {
    let n = 0;
    add(async () => await Promise.resolve({ n: (n += 1) }), {
      every: 'push',
      v1Metrics: (state: { n: number }) => ({ cpu_percent: state.n }),
    });
    await time.to(60_000);
    expect(service.states()).toEqual([]);
    await service.collectForPush();
    expect(service.v1Metrics()).toEqual({ cpu_percent: 1 });
  });

  describe('C12 one that hangs', () => {
    it('times out, is told to stop, publishes nothing, and is asked again', async () => {
      let hang = true;
      let told = false;
      add(async ({ signal }) => {
        if (!hang) return { n: 7 };
        hang = false;
        return await new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            told = true;
            reject(new Error('stopped'));
          });
        });
      });
      await time.to(5_500);
      expect([told, reports]).toEqual([true, ['E_COLLECT_TIMEOUT']]);
      expect(service.states()).toEqual([]);
      await time.to(16_000);
      expect(service.states()).toMatchObject([{ state: { n: 7 } }]);
      expect(reports).toEqual(['E_COLLECT_TIMEOUT', undefined]);
    });

    it('and does not heed the signal never has two cycles at once, and its late state is not taken', async () => {
      let [active, most] = [0, 0];
      let end: (state: unknown) => void = () => undefined;
      const { remove } = add(async () => {
        active += 1;
        most = Math.max(most, active);
        const state = await new Promise((resolve) => {
          end = resolve;
        });
        active -= 1;
        return state;
      });
      await time.to(40_000);
      expect(most).toBe(1);
      end({ n: 1 });
      await time.to(41_000);
      expect(service.states()).toEqual([]);
      await time.to(60_000);
      expect([active, most]).toEqual([1, 1]);
      expect(reports).toContain('E_COLLECT_TIMEOUT');
      // Nothing of it may surface later: an unhandled rejection ends the agent, and this run.
      remove();
      await time.to(61_000);
    });

    it('does not hold up the push of the others', async () => {
      add(async () => await new Promise(() => undefined), { every: 'push', timeout: '2s' });
      add(counting(), { id: 'quick', every: 'push' });
      const push = service.collectForPush();
      await time.to(2_000);
      await push;
      expect(service.states()).toMatchObject([{ collector: 'quick', state: { n: 1 } }]);
    });
  });

  it.each([
    ['rejects', (): Promise<unknown> => Promise.reject(new Error('no such disk')), 'E_COLLECT_FAILED'],
    [
      'throws at once',
      (): Promise<unknown> => {
        throw new Error('no such disk');
      },
      'E_COLLECT_FAILED',
    ],
    ['answers another shape', (): Promise<unknown> => Promise.resolve({ n: 'many' }), 'E_COLLECT_SHAPE'],
    ['answers nothing', (): Promise<unknown> => Promise.resolve(undefined), 'E_COLLECT_SHAPE'],
  ])(
    'one that %s keeps its last state, is reported once for each failure, and once when it works again',
    async (_name, fail, code) => {
      let n = 0;
      add(async () => {
        n += 1;
        return n === 2 ? await fail() : { n };
      });
      await time.to(10_500);
      expect(service.states()).toMatchObject([{ state: { n: 1 }, revision: 1 }]);
      expect(reports).toEqual([code]);
      await time.to(20_500);
      expect(service.states()).toMatchObject([{ state: { n: 3 }, revision: 2 }]);
      expect(reports).toEqual([code, undefined]);
    },
  );

  it('reads anew what a cycle that runs may have missed, told what to read and why', async () => {
    const cycles: Parameters<Collect>[0][] = [];
    const ends: ((state: unknown) => void)[] = [];
    add(async (cycle) => {
      cycles.push(cycle);
      return await new Promise((resolve) => ends.push(resolve));
    });
    await time.to(500);
    const read = service.reread('p', 'c', ['a'], 'job');
    await time.to(600);
    expect(cycles).toHaveLength(1);
    ends[0]?.({ n: 1 });
    await time.to(700);
    expect(cycles[1]).toMatchObject({ only: new Set(['a']), trigger: 'job', previous: { n: 1 } });
    ends[1]?.({ n: 2 });
    await expect(read).resolves.toEqual({ n: 2 });
    await expect(service.reread('p', 'other')).rejects.toThrow(/no collector "other"/u);
  });

  it('forgets one that is removed, its timers and what it still answers', async () => {
    let end: (state: unknown) => void = () => undefined;
    const { handle, remove } = add(
      async () =>
        await new Promise((resolve) => {
          end = resolve;
        }),
    );
    await time.to(500);
    remove();
    end({ n: 1 });
    await time.to(600);
    expect(service.states()).toEqual([]);
    expect(handle.current).toBeUndefined();
    expect(time.timers).toEqual([]);
  });
});
