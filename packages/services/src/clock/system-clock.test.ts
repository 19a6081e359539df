import { afterEach, describe, expect, it, vi } from 'vitest';
import { createSystemClock } from './system-clock.ts';

describe('createSystemClock', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('follows the wall clock when somebody steps it, forwards and back', () => {
    const clock = createSystemClock();
    const real = Date.now;
    for (const stepMs of [-86_400_000, 0, 86_400_000]) {
      vi.spyOn(Date, 'now').mockImplementation(() => real() + stepMs);
      expect(Math.abs(clock.now() - (real() + stepMs))).toBeLessThan(50);
    }
  });

  it('has time that never goes back, whatever the wall clock does', () => {
    const clock = createSystemClock();
    const before = clock.monotonic();
    vi.spyOn(Date, 'now').mockReturnValue(0);
    expect(clock.monotonic()).toBeGreaterThanOrEqual(before);
  });

  it('fires a timer once, and never one that was cancelled', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const clock = createSystemClock();
    const fired: string[] = [];
    clock.after(10, () => fired.push('kept'));
    const cancel = clock.after(10, () => fired.push('cancelled'));
    cancel();
    vi.advanceTimersByTime(100);
    expect(fired).toEqual(['kept']);
  });
});
