import { expect, test } from 'vitest';
import { Scope } from './scope.ts';

const clock = {
  after(ms: number, fire: () => void): () => void {
    const timer = setTimeout(fire, ms);
    return () => clearTimeout(timer);
  },
};

test('releases last-first, each once, even when one throws or hangs', async () => {
  const log: string[] = [];
  const scope = new Scope(clock, 20);
  scope.defer('first', () => void log.push('first'));
  scope.defer('hangs', () => new Promise<void>(() => undefined));
  scope.defer('throws', () => {
    throw new Error('no');
  });
  scope.defer('last', () => void log.push('last'));
  const failures = await scope.close();
  expect(log).toEqual(['last', 'first']);
  expect(failures.map(String)).toEqual(['Error: releasing "throws" failed', 'Error: releasing "hangs" failed']);
  expect(await scope.close()).toBe(failures);
  expect(log).toEqual(['last', 'first']);
});

test('what is opened after closing is refused, because it would leak', async () => {
  const scope = new Scope(clock);
  await scope.close();
  expect(() => scope.defer('late', () => undefined)).toThrow('"late" was opened after its owner closed');
});
