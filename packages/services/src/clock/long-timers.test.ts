import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSystemClock } from './system-clock.ts';

const DAY_MS = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('waits for more days than a timer of Node holds, and not a moment less', () => {
  let fired = 0;
  createSystemClock().after(60 * DAY_MS, () => (fired += 1));
  vi.advanceTimersByTime(60 * DAY_MS - 1);
  expect(fired).toBe(0);
  vi.advanceTimersByTime(1);
  expect(fired).toBe(1);
  expect(vi.getTimerCount()).toBe(0);
});

it('cancels one of them at any time', () => {
  let fired = 0;
  const cancel = createSystemClock().after(60 * DAY_MS, () => (fired += 1));
  vi.advanceTimersByTime(40 * DAY_MS);
  cancel();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(40 * DAY_MS);
  expect(fired).toBe(0);
});
