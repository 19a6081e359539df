/** The calendar date of an ISO week date, or undefined when there is no such week or day. */
export function isoWeekDate(
  year: number,
  week: number,
  weekday: number,
): { year: number; month: number; day: number } | undefined {
  if (year < 1 || week < 1 || week > 53 || weekday < 1 || weekday > 7) return undefined;
  const firstWeekday = weekdayOf(year, 1, 1);
  const isLong = firstWeekday === 4 || (firstWeekday === 3 && new Date(utc(year, 2, 29)).getUTCMonth() === 1);
  if (week === 53 && !isLong) return undefined;
  const firstMonday = utc(year, 1, 1) + ((firstWeekday <= 4 ? 1 : 8) - firstWeekday) * 86_400_000;
  const date = new Date(firstMonday + ((week - 1) * 7 + weekday - 1) * 86_400_000);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** 1 for Monday to 7 for Sunday. */
function weekdayOf(year: number, month: number, day: number): number {
  return new Date(utc(year, month, day)).getUTCDay() || 7;
}

/** `Date.UTC` reads years below 100 as 19xx. */
function utc(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}
