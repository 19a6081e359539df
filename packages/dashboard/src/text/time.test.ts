import { describe, expect, it } from 'vitest';
import { ageText, clockText, durationText, unixMs } from './time.ts';

describe('times of the API', () => {
  it('takes milliseconds, seconds and RFC 3339 text for the same moment', () => {
    expect(unixMs(1_795_232_869_000)).toBe(1_795_232_869_000);
    expect(unixMs(1_795_232_869)).toBe(1_795_232_869_000);
    expect(unixMs('2026-11-21T04:01:09Z')).toBe(Date.UTC(2026, 10, 21, 4, 1, 9));
  });

  it.each([null, undefined, 'soon', Number.NaN, Infinity, -5, 0, {}, []])('makes nothing of %j', (value) => {
    expect(unixMs(value)).toBeNull();
  });

  it('says an age in the units that matter', () => {
    expect([0, 12_000, 240_000, 11_100_000, 2 * 86_400_000 + 3_600_000, 91 * 86_400_000].map(ageText)).toEqual([
      'now',
      '12 s',
      '4 min',
      '3 h 5 min',
      '2 d 1 h',
      '91 d',
    ]);
  });

  it('says how long something took without a unit overflowing', () => {
    expect([0, 8, 350, 996, 4_100, 59_949, 59_960, 125_000, 3_600_000].map(durationText)).toEqual([
      '0 ms',
      '8 ms',
      '0.35 s',
      '1.0 s',
      '4.1 s',
      '59.9 s',
      '1 min',
      '2 min 5 s',
      '1 h',
    ]);
  });

  it('gives the date only when it is another day', () => {
    const now = new Date(2026, 10, 21, 9, 30, 5).getTime();
    expect(clockText(now, now)).toMatch(/^09.30.05$/);
    expect(clockText(now, now, 'minute')).toMatch(/^09.30$/);
    expect(clockText(now - 3 * 86_400_000, now)).toMatch(/18.*09.30.05$/);
  });
});
