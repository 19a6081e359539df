import { describe, expect, test } from 'vitest';
import { WorkQueue } from './work-queue.ts';

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

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('SEC-068: the bounded pool', () => {
  test('runs as many as the pool holds, the rest in order', async () => {
    const log: string[] = [];
    const queue = new WorkQueue(2, 10);
    const [a, b, c] = [job(log, 'a'), job(log, 'b'), job(log, 'c')];
    for (const each of [a, b, c]) queue.offer(undefined, each.run);
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
    const queue = new WorkQueue(4, 10);
    const [w1, w2, read] = [job(log, 'w1'), job(log, 'w2'), job(log, 'read')];
    queue.offer('write', w1.run);
    queue.offer('write', w2.run);
    queue.offer(undefined, read.run);
    expect(log).toEqual(['w1', 'read']);
    w1.end();
    await turn();
    expect(log).toEqual(['w1', 'read', 'w2']);
    w2.end();
    read.end();
    await queue.whenIdle();
  });

  test('takes no more than may wait', async () => {
    const queue = new WorkQueue(1, 2);
    const running = job([], 'running');
    queue.offer(undefined, running.run);
    expect(queue.offer(undefined, () => Promise.resolve())).toBe(true);
    expect(queue.offer(undefined, () => Promise.resolve())).toBe(true);
    expect(queue.offer(undefined, () => Promise.resolve())).toBe(false);
    running.end();
    await queue.whenIdle();
  });
});
