import { describe, expect, test } from 'vitest';
import { isWithin, readHours } from './hours.ts';

/** 2026-03-04 is a Wednesday. */
const at = (day: number, hour: number, minute = 0): Date => new Date(2026, 2, day, hour, minute);
const within = (line: string, moment: Date): boolean => {
  const hours = readHours(line);
  if (hours === undefined) throw new Error(`${line} is not read`);
  return isWithin(hours, moment);
};

describe('allowed hours', () => {
  test.each([
    ['mon-fri 08:00-18:00', at(4, 8), true],
    ['mon-fri 08:00-18:00', at(4, 17, 59), true],
    ['mon-fri 08:00-18:00', at(4, 18), false],
    ['mon-fri 08:00-18:00', at(7, 12), false],
    ['sat,sun 10:00-12:00', at(7, 11), true],
    ['fri-mon 10:00-12:00', at(8, 11), true],
    ['fri-mon 10:00-12:00', at(4, 11), false],
    ['daily 22:00-06:00', at(4, 23), true],
    ['daily 22:00-06:00', at(4, 5, 59), true],
    ['daily 22:00-06:00', at(4, 12), false],
    ['fri 22:00-06:00', at(7, 3), true],
    ['fri 22:00-06:00', at(6, 3), false],
    ['daily 00:00-24:00', at(4, 23, 59), true],
  ])('%s at %s: %s', (line, moment, expected) => {
    expect(within(line, moment)).toBe(expected);
  });

  test.each([
    '',
    'mon',
    'mon 8:00-18:00',
    'mon 08:00-08:00',
    'mon 24:00-25:00',
    'mon 08:60-09:00',
    'foo 08:00-09:00',
    'mon-foo 08:00-09:00',
  ])('"%s" is none', (line) => {
    expect(readHours(line)).toBeUndefined();
  });
});
