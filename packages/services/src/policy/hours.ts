/** When commands may run, in the host's own time: some days of the week, from a minute of the day to another. */
export interface AllowedHours {
  /** 0 is Sunday, as `Date` counts. */
  readonly days: ReadonlySet<number>;
  readonly fromMinute: number;
  /** Not included. Before `fromMinute`: of the next day. */
  readonly toMinute: number;
}

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const LINE = /^(daily|[a-z]{3}(?:-[a-z]{3})?(?:,[a-z]{3}(?:-[a-z]{3})?)*) ([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})$/u;

/** Reads a line such as `mon-fri 08:00-18:00`, `sat,sun 10:00-12:00` or `daily 22:00-06:00`; undefined when it is none. */
export function readHours(line: string): AllowedHours | undefined {
  const [, days = '', ...clock] = LINE.exec(line) ?? [];
  const [fromHour = NaN, fromMinutes = NaN, toHour = NaN, toMinutes = NaN] = clock.map(Number);
  const named = days === 'daily' ? DAYS.map((_, day) => day) : days.split(',').flatMap(daysOf);
  const fromMinute = fromHour * 60 + fromMinutes;
  const toMinute = toHour * 60 + toMinutes;
  const isTime = fromHour < 24 && fromMinutes < 60 && toMinutes < 60 && toMinute <= 24 * 60 && fromMinute !== toMinute;
  return isTime && named.length > 0 && !named.includes(-1) ? { days: new Set(named), fromMinute, toMinute } : undefined;
}

/** Whether a moment lies within. */
export function isWithin({ days, fromMinute, toMinute }: AllowedHours, moment: Date): boolean {
  const minute = moment.getHours() * 60 + moment.getMinutes();
  const day = moment.getDay();
  if (fromMinute < toMinute) return days.has(day) && minute >= fromMinute && minute < toMinute;
  return (days.has(day) && minute >= fromMinute) || (days.has((day + 6) % 7) && minute < toMinute);
}

/** Of one day or a range, which may pass Saturday; holds -1 for a name that is no day. */
function daysOf(part: string): readonly number[] {
  const [from, to = from] = part.split('-').map((name) => DAYS.indexOf(name));
  if (from === undefined || to === undefined || from === -1 || to === -1) return [-1];
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, after) => (from + after) % 7);
}
