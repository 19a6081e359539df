import { describe, expect, test } from 'vitest';
import { createWorkQueue } from './work-queue.ts';

/** A job that ends when told to. */
function job(log: string[], name: string): { readonly run: () => Promise<void>; readonly end: () => void } {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    run: async () => {
      log.push(name);
      await ended;
    },
    end: () => end(),
  };
}

const WRITE = { name: 'write', places: 1 };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('SEC-068: the bounded pool', () => {
  test('runs as many as the pool holds, the rest in order', async () => {
    const log: string[] = [];
    const queue = createWorkQueue(2, 10);
    const [a, b, c] = [job(log, 'a'), job(log, 'b'), job(log, 'c')];
    for (const each of [a, b, c]) queue.offer([], each.run);
    expect(log).toEqual(['a', 'b']);
    b.end();
    await turn();
    expect(log).toEqual(['a', 'b', 'c']);
    a.end();
    c.end();
    await queue.whenIdle();
    expect(queue.running).toBe(0);
  });

  test('D7: jobs of one key never overlap and keep their order, and hold nobody else up', async () => {
    const log: string[] = [];
    const queue = createWorkQueue(4, 10);
    const [w1, w2, read] = [job(log, 'w1'), job(log, 'w2'), job(log, 'read')];
    queue.offer([WRITE], w1.run);
    queue.offer([WRITE], w2.run);
    queue.offer([], read.run);
    expect(log).toEqual(['w1', 'read']);
    w1.end();
    await turn();
    expect(log).toEqual(['w1', 'read', 'w2']);
    w2.end();
    read.end();
    await queue.whenIdle();
  });

  test('takes no more than may wait', async () => {
    const queue = createWorkQueue(1, 2);
    const running = job([], 'running');
    queue.offer([], running.run);
    expect(queue.offer([], () => Promise.resolve())).toBe(true);
    expect(queue.offer([], () => Promise.resolve())).toBe(true);
    expect(queue.offer([], () => Promise.resolve())).toBe(false);
    running.end();
    await queue.whenIdle();
  });

  test('D7: a key with several places is held by so many at once', async () => {
    const log: string[] = [];
    const queue = createWorkQueue(4, 10);
    const jobs = ['a', 'b', 'c'].map((name) => job(log, name));
    for (const each of jobs) queue.offer([{ name: 'k', places: 2 }], each.run);
    expect(log).toEqual(['a', 'b']);
    jobs[0]?.end();
    await turn();
    expect(log).toEqual(['a', 'b', 'c']);
    jobs.forEach((each) => each.end());
    await queue.whenIdle();
  });

  test('D7: a job of two keys holds both, and is not overtaken on either while it waits', async () => {
    const log: string[] = [];
    const queue = createWorkQueue(4, 10);
    const [first, both, later, other] = [job(log, 'first'), job(log, 'both'), job(log, 'later'), job(log, 'other')];
    const A = { name: 'a', places: 1 };
    queue.offer([A], first.run);
    queue.offer([A, WRITE], both.run);
    queue.offer([WRITE], later.run);
    queue.offer([{ name: 'c', places: 1 }], other.run);
    expect(log).toEqual(['first', 'other']);
    first.end();
    await turn();
    expect(log).toEqual(['first', 'other', 'both']);
    both.end();
    await turn();
    expect(log).toEqual(['first', 'other', 'both', 'later']);
    later.end();
    other.end();
    await queue.whenIdle();
  });

  test('a job that waits is taken back: it neither runs nor holds anybody up', async () => {
    const log: string[] = [];
    const queue = createWorkQueue(4, 10);
    const [first, second, third] = [job(log, 'first'), job(log, 'second'), job(log, 'third')];
    queue.offer([WRITE], first.run);
    queue.offer([WRITE, { name: 'b', places: 1 }], second.run);
    queue.offer([{ name: 'b', places: 1 }], third.run);
    expect(log).toEqual(['first']);
    expect(queue.withdraw(first.run)).toBe(false);
    expect(queue.withdraw(second.run)).toBe(true);
    expect(queue.withdraw(second.run)).toBe(false);
    expect(log).toEqual(['first', 'third']);
    first.end();
    third.end();
    await queue.whenIdle();
    expect(log).toEqual(['first', 'third']);
  });
});
